namespace Starling.Core.Wire;

/// <summary>Booleans as clients spell them, in queries and in settings.</summary>
public static class WireBoolean
{
    /// <summary>A boolean parameter: empty, absent and unintelligible are false.</summary>
    public static bool IsTrue(string? text) => TryParse(text, out var value) && value;

    /// <summary>Parses a boolean; empty and absent are false.</summary>
    /// <returns>False when the text is none of the accepted words.</returns>
    public static bool TryParse(string? text, out bool value)
    {
        (value, var known) = text switch
        {
            "true" or "True" or "TRUE" or "t" or "T" or "y" or "Y" or "yes" or "Yes" or "YES" or "on" or "On" or "ON" or "1" => (true, true),
            null or "" or "false" or "False" or "FALSE" or "f" or "F" or "n" or "N" or "no" or "No" or "NO" or "off" or "Off" or "OFF" or "0" => (false, true),
            _ => (false, false),
        };
        return known;
    }
}
