using System.Text.Json;
using Starling.Core.Wire;

namespace Starling.Protocol.State.Views;

/// <summary>The buckets as clients know them: provider, namespace, name, properties.</summary>
public static class BmdView
{
    /// <summary>Projects a state.</summary>
    public static BmdWire Of(ClusterState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var providers = new SortedDictionary<string, SortedDictionary<string, SortedDictionary<string, JsonElement>>>(StringComparer.Ordinal);
        foreach (var bucket in state.Buckets.Values)
        {
            if (!providers.TryGetValue(bucket.Name.Provider, out var spaces))
            {
                spaces = providers[bucket.Name.Provider] = new(StringComparer.Ordinal);
            }

            if (!spaces.TryGetValue(bucket.Name.Namespace, out var buckets))
            {
                buckets = spaces[bucket.Name.Namespace] = new(StringComparer.Ordinal);
            }

            buckets[bucket.Name.Name] = JsonElement.Parse(bucket.Props.Json);
        }

        return new BmdWire { Providers = providers, Uuid = state.ClusterId, Version = state.Versions.Bmd };
    }
}
