using System.Text.Json;
using Starling.Core.Config;

namespace Starling.Protocol.State;

/// <summary>The replicated configuration, as one document; fields that this build does not know survive.</summary>
/// <param name="Json">The document.</param>
public sealed record ClusterConfig(string Json)
{
    private Known? known;

    /// <summary>The defaults of this build, every section filled in.</summary>
    public static ClusterConfig Default { get; } = new(ConfigDocument.Default);

    /// <summary>Whether data moves by itself when placement changes (<c>rebalance.enabled</c>); on when the document does not say.</summary>
    public bool RebalanceEnabled => Read().RebalanceEnabled;

    /// <summary>Whether a target without a lease refuses what it has, instead of marking it as possibly stale (<c>reads.refuse_stale</c>, rule B3).</summary>
    public bool RefuseStale => Read().RefuseStale;

    /// <inheritdoc/>
    public bool Equals(ClusterConfig? other) => other is not null && Json == other.Json;

    /// <inheritdoc/>
    public override int GetHashCode() => Json.GetHashCode(StringComparison.Ordinal);

    private Known Read()
    {
        // "with" copies the field: what was read from another document does not count.
        var current = Volatile.Read(ref known);
        if (current is null || !ReferenceEquals(current.Json, Json))
        {
            using var document = JsonDocument.Parse(Json.Length == 0 ? "{}" : Json);
            current = new Known(Json, Flag(document.RootElement, "rebalance", "enabled") ?? true, Flag(document.RootElement, "reads", "refuse_stale") ?? false);
            Volatile.Write(ref known, current);
        }

        return current;
    }

    private static bool? Flag(JsonElement root, string section, string name) =>
        root.TryGetProperty(section, out var found) && found.ValueKind == JsonValueKind.Object && found.TryGetProperty(name, out var flag)
            ? flag.ValueKind switch
            {
                JsonValueKind.True => true,
                JsonValueKind.False => false,
                _ => null,
            }
            : null;

    private sealed record Known(string Json, bool RebalanceEnabled, bool RefuseStale);
}

/// <summary>The properties of a bucket, as one document; fields that this build does not know survive.</summary>
/// <param name="Json">The document.</param>
public sealed record BucketProps(string Json);
