using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Starling.Core.Objects;

/// <summary>Metadata that clients attach to an object: keys and values in the order in which they came. Immutable; at most <see cref="MaxBytes"/> altogether.</summary>
public sealed class CustomMetadata : IEquatable<CustomMetadata>
{
    /// <summary>The most bytes of UTF-8 that all keys and values may take together.</summary>
    public const int MaxBytes = 2 * 1024;

    private readonly OrderedDictionary<string, string> values;

    private CustomMetadata(OrderedDictionary<string, string> values)
    {
        this.values = values;
    }

    /// <summary>No metadata.</summary>
    public static CustomMetadata Empty { get; } = new(new OrderedDictionary<string, string>(StringComparer.Ordinal));

    /// <summary>Number of keys.</summary>
    public int Count => values.Count;

    /// <summary>Keys and values, in order.</summary>
    public IEnumerable<KeyValuePair<string, string>> Values => values;

    /// <summary>The value of a key; null when there is none.</summary>
    public string? this[string key] => values.GetValueOrDefault(key);

    /// <summary>
    /// Parses the lines of the header: each a comma-separated list of <c>key=value</c>. Commas in values are not escaped on the wire; a piece without
    /// <c>=</c> therefore belongs to the value before it.
    /// </summary>
    public static bool TryParse(IEnumerable<string?> headerLines, [NotNullWhen(true)] out CustomMetadata? result, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(headerLines);
        var parsed = new List<KeyValuePair<string, string>>();
        result = null;
        foreach (var line in headerLines)
        {
            if (string.IsNullOrWhiteSpace(line))
            {
                continue;
            }

            var first = parsed.Count;
            foreach (var piece in line.Split(','))
            {
                var equals = piece.IndexOf('=', StringComparison.Ordinal);
                if (equals < 0 && parsed.Count > first)
                {
                    parsed[^1] = KeyValuePair.Create(parsed[^1].Key, $"{parsed[^1].Value},{piece}");
                }
                else if (equals < 0 || piece[..equals].Trim().Length == 0)
                {
                    error = $"invalid custom metadata \"{(line.Length > 100 ? line[..100] + "..." : line)}\": expected key=value, several separated by commas";
                    return false;
                }
                else
                {
                    parsed.Add(KeyValuePair.Create(piece[..equals].Trim(), piece[(equals + 1)..]));
                }
            }
        }

        return Empty.TryWith(parsed, replaceAll: true, out result, out error);
    }

    /// <summary>Sets keys; those that exist keep their place.</summary>
    /// <param name="changes">Keys and values.</param>
    /// <param name="replaceAll">True to drop all other keys.</param>
    /// <param name="result">The new metadata.</param>
    /// <param name="error">Which limit is broken.</param>
    public bool TryWith(IEnumerable<KeyValuePair<string, string>> changes, bool replaceAll, [NotNullWhen(true)] out CustomMetadata? result, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(changes);
        result = null;
        var next = replaceAll ? new OrderedDictionary<string, string>(StringComparer.Ordinal) : new OrderedDictionary<string, string>(values, StringComparer.Ordinal);
        foreach (var (key, value) in changes)
        {
            if (string.IsNullOrEmpty(key) || key.Contains('=', StringComparison.Ordinal) || key.Contains(',', StringComparison.Ordinal) || HasControl(key) || HasControl(value))
            {
                error = $"invalid custom metadata key \"{key}\": keys must not be empty nor hold '=' or ',', and neither keys nor values hold control characters";
                return false;
            }

            next[key] = value;
        }

        var size = next.Sum(pair => Encoding.UTF8.GetByteCount(pair.Key) + Encoding.UTF8.GetByteCount(pair.Value));
        error = size > MaxBytes ? $"custom metadata is too long: {size} bytes, at most {MaxBytes} are allowed" : null;
        result = error is null ? new CustomMetadata(next) : null;
        return result is not null;
    }

    /// <summary>The lines of the header, one key each.</summary>
    public IEnumerable<string> HeaderLines() => values.Select(pair => $"{pair.Key}={pair.Value}");

    /// <summary>As listings show it: <c>[k1:v1 k2:v2]</c>; empty without keys.</summary>
    public string ListText() => values.Count == 0 ? string.Empty : $"[{string.Join(' ', values.Select(pair => $"{pair.Key}:{pair.Value}"))}]";

    /// <inheritdoc/>
    public bool Equals(CustomMetadata? other) => other is not null && values.SequenceEqual(other.values);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as CustomMetadata);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var (key, value) in values)
        {
            hash.Add(key, StringComparer.Ordinal);
            hash.Add(value, StringComparer.Ordinal);
        }

        return hash.ToHashCode();
    }

    private static bool HasControl(string? text) => text is null || text.Any(char.IsControl);
}
