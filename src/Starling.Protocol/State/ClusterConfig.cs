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
    public bool RebalanceEnabled
    {
        get
        {
            // "with" copies the field: what was read from another document does not count.
            var current = Volatile.Read(ref known);
            if (current is null || !ReferenceEquals(current.Json, Json))
            {
                current = new Known(Json, ReadRebalanceEnabled());
                Volatile.Write(ref known, current);
            }

            return current.RebalanceEnabled;
        }
    }

    /// <inheritdoc/>
    public bool Equals(ClusterConfig? other) => other is not null && Json == other.Json;

    /// <inheritdoc/>
    public override int GetHashCode() => Json.GetHashCode(StringComparison.Ordinal);

    private bool ReadRebalanceEnabled()
    {
        using var document = JsonDocument.Parse(Json.Length == 0 ? "{}" : Json);
        return !(document.RootElement.TryGetProperty("rebalance", out var section) && section.ValueKind == JsonValueKind.Object
            && section.TryGetProperty("enabled", out var enabled) && enabled.ValueKind == JsonValueKind.False);
    }

    private sealed record Known(string Json, bool RebalanceEnabled);
}

/// <summary>The properties of a bucket, as one document; fields that this build does not know survive.</summary>
/// <param name="Json">The document.</param>
public sealed record BucketProps(string Json);
