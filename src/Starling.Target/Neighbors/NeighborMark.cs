using Starling.Cluster.Views;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Identity;

namespace Starling.Target.Neighbors;

/// <summary>Who speaks to whom, and how much of the log the speaker has applied (rule B2); at the head of every question and every answer.</summary>
/// <param name="ClusterId">The speaker's cluster.</param>
/// <param name="From">The speaker.</param>
/// <param name="Session">The speaker's process.</param>
/// <param name="To">Who is meant.</param>
/// <param name="Epoch">The speaker's adopted epoch.</param>
/// <param name="AppliedIndex">The speaker's applied index.</param>
public sealed record NeighborMark(string ClusterId, NodeId From, SessionId Session, NodeId To, long Epoch, long AppliedIndex)
{
    /// <summary>For questions: how long the asker waits for the answer, milliseconds.</summary>
    public int WithinMs { get; init; }

    /// <summary>The mark of this node.</summary>
    internal static NeighborMark Of(ClusterSnapshot snapshot, NodeId to, TimeSpan within = default) =>
        new(snapshot.ClusterId, snapshot.Self.Id, snapshot.Self.Session, to, snapshot.Epoch, snapshot.AppliedIndex) { WithinMs = (int)Math.Clamp(within.TotalMilliseconds, 0, int.MaxValue) };

    /// <summary>What is wrong with a speaker, as far as this node can tell; null: nothing. A speaker of another cluster, or meant for another node, is told so.</summary>
    /// <param name="snapshot">What this node knows.</param>
    internal StoreError? Fault(ClusterSnapshot snapshot)
    {
        if (ClusterId.Length == 0 || ClusterId != snapshot.ClusterId)
        {
            return Wrong($"t[{From}] belongs to cluster \"{ClusterId}\", this node to \"{snapshot.ClusterId}\": nodes of two clusters never exchange objects");
        }

        if (To != snapshot.Self.Id)
        {
            return Wrong($"t[{From}] means t[{To}], this is {snapshot.Self.Id}: the address of t[{To}] is out of date, or two nodes were given the same one");
        }

        // Who has applied more than this node may be a process that it has not heard of yet.
        if (AppliedIndex > snapshot.AppliedIndex)
        {
            return null;
        }

        var known = snapshot.State.Node(From);
        return known is null ? Wrong($"t[{From}] is not a member of the cluster (as of log index {snapshot.AppliedIndex})")
            : known.Session != Session ? Wrong($"t[{From}] was started again: session {Session} is not its committed one (as of log index {snapshot.AppliedIndex})")
            : null;
    }

    private static StoreError Wrong(string message) => new(ErrorCode.Unreachable, message, 1000);
}
