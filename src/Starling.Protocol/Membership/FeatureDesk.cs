using Starling.Protocol.Consensus;
using Starling.Protocol.Node;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;

namespace Starling.Protocol.Membership;

/// <summary>
/// The leader raises the feature level of the cluster as soon as every member's running process supports more (<see cref="NodeSettings.HighestFeatureLevel"/>).
/// Every message says what its sender supports, so a new leader knows it of everybody that answers; a member that is silent holds the level where it is.
/// </summary>
internal sealed class FeatureDesk(NodeContext node, Raft raft, FailureDetector detector)
{
    private long proposedIndex;

    public void Restart() => proposedIndex = 0;

    public void Tick()
    {
        var state = node.State;
        if (!raft.IsReady || proposedIndex > state.AppliedIndex || node.Settings.HighestFeatureLevel <= state.FeatureLevel)
        {
            return;
        }

        var level = Supported(state);
        if (level <= state.FeatureLevel)
        {
            return;
        }

        var command = new SetFeatureLevel(state.FeatureLevel, level, [.. state.Nodes.Keys]) { SeenIndex = state.AppliedIndex };
        if (raft.Refuse(command) is null)
        {
            proposedIndex = raft.Propose(command);
        }
    }

    private int Supported(ClusterState state)
    {
        var level = FeatureLevels.Highest;
        foreach (var entry in state.Nodes.Values)
        {
            level = Math.Min(level, detector.FeatureLevelOf(entry));
        }

        return level;
    }
}
