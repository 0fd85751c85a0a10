using System.Diagnostics.CodeAnalysis;
using Starling.Core.Hashing;

namespace Starling.Core.Names;

/// <summary>
/// The name of a node: 8 to 32 characters, letters, digits, '-' and '_', neither first nor last character being '-' or '_'.
/// Ordered ordinally, so that every node sees the same order.
/// </summary>
public readonly record struct NodeId : IComparable<NodeId>
{
    private readonly string? value;

    private NodeId(string value)
    {
        this.value = value;
        Digest = XxHash64Seeded.PlacementDigest(value);
    }

    /// <summary>The text of the id; empty for the default value, which names no node.</summary>
    public string Value => value ?? string.Empty;

    /// <summary>The placement digest of the id; published on the wire as <c>id_digest</c>.</summary>
    public ulong Digest { get; }

    /// <summary>True for the default value, which names no node.</summary>
    public bool IsNone => value is null;

    /// <summary>Parses an id; false with a reason that names the rule when it is malformed.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out NodeId id, out string? error)
    {
        id = default;
        error = null;
        if (text is null || text.Length is < 8 or > 32)
        {
            error = $"invalid node ID \"{text}\": must be 8 to 32 characters long";
            return false;
        }

        foreach (var c in text)
        {
            if (!(char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
            {
                error = $"invalid node ID \"{text}\": only letters, digits, '-' and '_' are allowed";
                return false;
            }
        }

        if (text[0] is '-' or '_' || text[^1] is '-' or '_')
        {
            error = $"invalid node ID \"{text}\": must not begin or end with '-' or '_'";
            return false;
        }

        id = new NodeId(text);
        return true;
    }

    /// <summary>Parses an id.</summary>
    /// <exception cref="FormatException">The text breaks one of the rules of a node id; the message names it.</exception>
    public static NodeId Parse(string text) => TryParse(text, out var id, out var error) ? id : throw new FormatException(error);

    /// <inheritdoc/>
    public int CompareTo(NodeId other) => string.CompareOrdinal(Value, other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value;

    /// <summary>Ordinal order of ids.</summary>
    public static bool operator <(NodeId left, NodeId right) => left.CompareTo(right) < 0;

    /// <summary>Ordinal order of ids.</summary>
    public static bool operator >(NodeId left, NodeId right) => left.CompareTo(right) > 0;

    /// <summary>Ordinal order of ids.</summary>
    public static bool operator <=(NodeId left, NodeId right) => left.CompareTo(right) <= 0;

    /// <summary>Ordinal order of ids.</summary>
    public static bool operator >=(NodeId left, NodeId right) => left.CompareTo(right) >= 0;
}
