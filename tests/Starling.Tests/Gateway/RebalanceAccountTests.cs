using System.Collections.Immutable;
using Starling.Core.Wire;
using Starling.Gateway.Lifecycle;
using Starling.Protocol.State;
using Starling.Protocol.State.Operations;
using Starling.Tests.Protocol.State;
using Xunit;

namespace Starling.Tests.Gateway;

/// <summary>What is told of targets that do not answer, and when a part of a rebalance began and ended.</summary>
public class RebalanceAccountTests
{
    private const long MarkEpoch = 2;
    private const long CreatedNs = 1_800_000_000_500_000_000;
    private const string CreatedAt = "2027-01-15T08:00:00.5000000Z";

    private static readonly string Off = Fold.Target(1).Value;

    [Fact]
    public void A_target_that_is_switched_off_after_its_part_was_done_keeps_its_row_without_an_error()
    {
        var state = State(clean: MarkEpoch);
        var rebalance = RebalanceState.Find(state, 3)!;
        var silent = RebalanceService.Account(state, state.Node(Fold.Target(1))!, rebalance, null)!;
        Assert.Equal((Off, false, "g3", RebalanceTargetWire.EndedStage, 100d), (silent.Node, silent.Answers, silent.RebalanceId, silent.Stage, silent.Percent));

        RebalanceTargetWire[] others = [Taker(2, 7, 700, "2027-01-15T08:00:09Z"), Taker(3, 5, 500, "2027-01-15T08:00:12Z")];
        var account = RebalanceService.Witnessed(silent, [silent, .. others]);
        Assert.Equal((12, 1200, 0), (account.SentObjects, account.SentBytes, account.ReceivedObjects));
        Assert.Equal([Fold.Target(2).Value, Fold.Target(3).Value], account.To.Select(peer => peer.Node));

        var snap = RebalanceJobs.Snap(rebalance, account, string.Empty, [account, .. others]);
        Assert.Equal((CreatedAt, "2027-01-15T08:00:12Z", string.Empty, false), (snap.StartTime, snap.EndTime, snap.Error, snap.Aborted));
        Assert.Equal(12, snap.Stats!.SentObjects);
    }

    [Fact]
    public void A_target_that_is_silent_before_its_part_is_known_to_be_done_is_an_error_and_one_that_has_no_part_has_no_row()
    {
        var state = State(clean: MarkEpoch - 1);
        var rebalance = RebalanceState.Find(state, 3)!;
        var silent = RebalanceService.Account(state, state.Node(Fold.Target(1))!, rebalance, null)!;
        Assert.Equal(("none", 0d), (silent.Stage, silent.Percent));
        Assert.Contains("does not answer", RebalanceJobs.Snap(rebalance, silent, string.Empty, [silent]).Error, StringComparison.Ordinal);

        var other = state with { FinishedOperations = [state.FinishedOperations[0] with { Nodes = [new OperationNode(Fold.Target(2))] }] };
        Assert.Null(RebalanceService.Account(other, other.Node(Fold.Target(1))!, RebalanceState.Find(other, 3), null));
    }

    [Fact]
    public void A_pass_that_a_newer_rebalance_found_under_way_is_shown_with_the_beginning_of_that_one_and_nothing_ends_before_it_began()
    {
        var state = State(clean: MarkEpoch);
        var rebalance = RebalanceState.Find(state, 3)!;
        var earlier = new RebalanceTargetWire { Node = Off, Started = "2027-01-15T07:59:00Z", Ended = "2027-01-15T07:59:30Z", SentObjects = 1 };
        var snap = RebalanceJobs.Snap(rebalance, earlier, string.Empty, [earlier]);
        Assert.Equal((CreatedAt, CreatedAt), (snap.StartTime, snap.EndTime));

        var later = earlier with { Started = "2027-01-15T08:00:02Z", Ended = "2027-01-15T08:00:03Z" };
        snap = RebalanceJobs.Snap(rebalance, later, string.Empty, [later]);
        Assert.Equal((later.Started, later.Ended), (snap.StartTime, snap.EndTime));
    }

    private static RebalanceTargetWire Taker(int target, long objects, long bytes, string ended) => new()
    {
        Node = Fold.Target(target).Value,
        Started = "2027-01-15T08:00:01Z",
        Ended = ended,
        ReceivedObjects = objects,
        ReceivedBytes = bytes,
        From = [new RebalancePeerWire { Node = Off, Objects = objects, Bytes = bytes }],
    };

    // Target 1 was shut down by an operation that has ended.
    private static ClusterState State(long clean)
    {
        var state = Fold.Serving(3).Move((1, AdminState.Out));
        Assert.Equal(MarkEpoch, state.Newest.Number);
        var shutdown = new Operation(7, OperationKind.Shutdown)
        {
            Phase = OperationPhase.Done, RebalanceId = 3, MarkEpoch = MarkEpoch, CreatedNs = CreatedNs, Nodes = ImmutableArray.Create(new OperationNode(Fold.Target(1))),
        };
        return state with
        {
            FinishedOperations = [shutdown],
            Nodes = state.Nodes.SetItem(Fold.Target(1), state.Nodes[Fold.Target(1)] with { Fenced = MarkEpoch, Clean = clean }),
        };
    }
}
