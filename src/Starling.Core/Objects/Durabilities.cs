namespace Starling.Core.Objects;

/// <summary>The names of durability levels in the properties of a bucket.</summary>
public static class Durabilities
{
    /// <summary>The name on the wire.</summary>
    public static string Name(this Durability durability) => durability switch
    {
        Durability.DurableLocal => "durable-local",
        Durability.Buffered => "buffered",
        _ => "durable",
    };

    /// <summary>Parses a name; absent is <see cref="Durability.Durable"/>.</summary>
    public static bool TryParse(string? name, out Durability durability)
    {
        (durability, var known) = name switch
        {
            null or "" or "durable" => (Durability.Durable, true),
            "durable-local" => (Durability.DurableLocal, true),
            "buffered" => (Durability.Buffered, true),
            _ => (Durability.Durable, false),
        };
        return known;
    }

    /// <summary>Parses a name.</summary>
    /// <exception cref="FormatException">Not a durability level.</exception>
    public static Durability Parse(string? name) => TryParse(name, out var durability)
        ? durability
        : throw new FormatException($"invalid durability \"{name}\": expected durable, durable-local or buffered");
}
