using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Starling.Core.Objects;
using Starling.Protocol.State;

namespace Starling.Target.Objects;

/// <summary>The properties of a bucket that object requests need, read once per version of its property document.</summary>
/// <param name="ChecksumType">Algorithm of stored checksums as on the wire; <c>none</c> for none.</param>
/// <param name="ChecksumOfRange">A ranged answer carries the checksum of the range.</param>
/// <param name="Versioned">Versions are counted.</param>
/// <param name="Durability">What an acknowledged write survives.</param>
/// <param name="AccessBits">Allowed operations, one bit each.</param>
public sealed record BucketSettings(string ChecksumType, bool ChecksumOfRange, bool Versioned, Durability Durability, ulong AccessBits)
{
    private static readonly ConditionalWeakTable<BucketProps, BucketSettings> Parsed = [];

    /// <summary>Access bit: read an object.</summary>
    public const int AccessGet = 0;

    /// <summary>Access bit: write an object.</summary>
    public const int AccessPut = 2;

    /// <summary>Access bit: delete an object.</summary>
    public const int AccessDelete = 4;

    /// <summary>The settings of a bucket.</summary>
    public static BucketSettings Of(BucketEntry bucket)
    {
        ArgumentNullException.ThrowIfNull(bucket);
        return Parsed.GetValue(bucket.Props, static props => Parse(props.Json));
    }

    /// <summary>Whether an operation is allowed by the bucket's access bits.</summary>
    public bool Allows(int bit) => (AccessBits & (1UL << bit)) != 0;

    /// <summary>The level's name as in bucket properties and headers.</summary>
    public static string NameOf(Durability durability) => durability switch
    {
        Durability.Buffered => "buffered",
        Durability.DurableLocal => "durable-local",
        _ => "durable",
    };

    private static BucketSettings Parse(string json)
    {
        using var document = JsonDocument.Parse(json.Length == 0 ? "{}" : json);
        var root = document.RootElement;
        return new BucketSettings(
            Text(root, "checksum", "type") is { Length: > 0 } type ? type : "xxhash2",
            Flag(root, false, "checksum", "enable_read_range"),
            Flag(root, true, "versioning", "enabled"),
            Text(root, "durability") switch { "buffered" => Durability.Buffered, "durable-local" => Durability.DurableLocal, _ => Durability.Durable },
            ulong.TryParse(Text(root, "access"), NumberStyles.None, CultureInfo.InvariantCulture, out var access) ? access : ulong.MaxValue);
    }

    private static JsonElement? Find(JsonElement root, string[] path)
    {
        foreach (var name in path)
        {
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty(name, out root))
            {
                return null;
            }
        }

        return root;
    }

    private static string? Text(JsonElement root, params string[] path) => Find(root, path) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    private static bool Flag(JsonElement root, bool absent, params string[] path) => Find(root, path) switch
    {
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => absent,
    };
}
