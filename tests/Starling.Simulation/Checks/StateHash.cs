using Starling.Protocol.State;
using Starling.Simulation.Engine;

namespace Starling.Simulation.Checks;

/// <summary>Digests of a committed state: a quick one for every index, a full one for some.</summary>
public static class StateHash
{
    public static ulong Quick(ClusterState state)
    {
        var hash = new TraceHash();
        hash.Add(state.AppliedTerm);
        hash.Add((long)state.NextBucketId, state.Buckets.Count, state.Nodes.Count);
        hash.Add(state.Versions.Smap, state.Versions.Bmd, state.Versions.Conf);
        hash.Add(state.Versions.Rmd, state.Newest.Number, state.Base);
        hash.Add(state.Requests.Count, state.Voters.Members.Length, state.Leader?.Term ?? 0);
        hash.Add(state.Config.Json.Length);
        foreach (var node in state.Nodes.Values)
        {
            hash.Add((long)node.Id.Digest, (long)(ulong)node.Session.Value, node.SessionIndex);
            hash.Add(node.Fenced, node.Clean, ((long)node.State << 8) | (long)node.Role);
            hash.Add((long)(ulong)node.Incarnation.Value);
        }

        foreach (var member in state.Voters.Members)
        {
            hash.Add((long)member.Id.Digest);
        }

        return hash.Value | 1;
    }

    public static ulong Full(ClusterState state)
    {
        var hash = new TraceHash();
        hash.Add((long)Quick(state));
        foreach (var b in Starling.Protocol.Codec.StateCodec.Encode(state))
        {
            hash.Add(b);
        }

        return hash.Value | 1;
    }

    public static string Describe(ClusterState state) =>
        $"term {state.AppliedTerm}, {state.Nodes.Count} nodes, {state.Buckets.Count} buckets, next bucket {state.NextBucketId}, {state.Versions}, voters {string.Join(' ', state.Voters.Members.Select(m => m.Id))}";
}
