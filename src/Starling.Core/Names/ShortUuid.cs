namespace Starling.Core.Names;

/// <summary>Ids of jobs and listings as clients accept them: at least 9 characters (shorter ones count as invalid), at most 32.</summary>
public static class ShortUuid
{
    /// <summary>Length of a new id, characters; also the number of random bytes it takes.</summary>
    public const int Length = 9;

    private const string Letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    private const string LettersAndDigits = Letters + "0123456789";

    /// <summary>Makes an id. The second character is a letter, so that no id looks like that of a rebalance (a character followed by digits only).</summary>
    /// <param name="random">At least <see cref="Length"/> random bytes.</param>
    public static string From(ReadOnlySpan<byte> random)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(random.Length, Length);
        Span<char> text = stackalloc char[Length];
        for (var i = 0; i < Length; i++)
        {
            var alphabet = i == 1 ? Letters : LettersAndDigits;
            text[i] = alphabet[random[i] % alphabet.Length];
        }

        return new string(text);
    }

    /// <summary>Makes an id.</summary>
    /// <param name="fill">Fills a span with random bytes.</param>
    public static string Create(Action<byte[]> fill)
    {
        ArgumentNullException.ThrowIfNull(fill);
        var random = new byte[Length];
        fill(random);
        return From(random);
    }

    /// <summary>Whether clients accept the text as an id: 9 to 32 letters, digits, '-' and '_', neither first nor last being '-' or '_'.</summary>
    public static bool IsValid(string? text)
    {
        if (text is null || text.Length is < 9 or > 32 || !char.IsAsciiLetterOrDigit(text[0]) || !char.IsAsciiLetterOrDigit(text[^1]))
        {
            return false;
        }

        foreach (var c in text)
        {
            if (!(char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
            {
                return false;
            }
        }

        return true;
    }
}
