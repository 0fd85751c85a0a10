using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;
using Starling.Protocol.State.Operations;
using Starling.Tests.Protocol.State;
using Xunit;

namespace Starling.Tests.Protocol.Operations;

public class PhaseTableTests
{
    private static readonly NodeId T1 = Fold.Target(1);

    [Theory]
    [InlineData(OperationKind.Maintenance, true, "RolesOff Mark Drain Verify Drained Done")]
    [InlineData(OperationKind.Maintenance, false, "RolesOff Mark Done")]
    [InlineData(OperationKind.Shutdown, true, "RolesOff Mark Drain Verify Drained Stop Done")]
    [InlineData(OperationKind.Shutdown, false, "RolesOff Mark Stop Done")]
    [InlineData(OperationKind.Decommission, true, "RolesOff Mark Drain Verify Drained Remove PermitErase Erased Done")]
    [InlineData(OperationKind.Decommission, false, "RolesOff Mark Remove PermitErase Erased Done")]
    [InlineData(OperationKind.RemoveDead, false, "RolesOff Mark Remove Done")]
    [InlineData(OperationKind.Return, true, "Mark Drain Done")]
    [InlineData(OperationKind.Return, false, "Mark Done")]
    public void A17_the_phases_of_every_kind(OperationKind kind, bool moves, string expected)
    {
        var operation = new Operation(1, kind);
        var seen = new List<OperationPhase>();
        while (OperationPhases.Next(operation) is { } next)
        {
            seen.Add(next);
            operation = operation with { Phase = next, RebalanceId = moves && next == OperationPhase.Mark ? 7 : operation.RebalanceId };
        }

        Assert.Equal(expected, string.Join(' ', seen));
        Assert.True(operation.IsFinished);
    }

    [Fact]
    public void A17_what_is_taken_back_ends_so_and_what_has_ended_goes_nowhere()
    {
        foreach (var kind in Enum.GetValues<OperationKind>())
        {
            Assert.Equal(OperationPhase.Cancelled, OperationPhases.Next(new Operation(1, kind) { Phase = OperationPhase.Cancelling }));
            Assert.Null(OperationPhases.Next(new Operation(1, kind) { Phase = OperationPhase.Done }));
            Assert.Null(OperationPhases.Next(new Operation(1, kind) { Phase = OperationPhase.Cancelled }));
        }
    }

    [Fact]
    public void A17_from_every_phase_only_the_next_one_can_be_entered()
    {
        foreach (var kind in Enum.GetValues<OperationKind>())
        {
            foreach (var from in Enum.GetValues<OperationPhase>())
            {
                foreach (var moves in new[] { true, false })
                {
                    CheckAll(new Operation(1, kind) { Phase = from, Nodes = [new OperationNode(T1)], RebalanceId = moves ? 7 : 0, MarkEpoch = 1 });
                }
            }
        }
    }

    [Theory]
    [InlineData(OperationPhase.RolesOff, OperationPhase.Mark, "leads the cluster")]
    [InlineData(OperationPhase.Mark, OperationPhase.Drain, "may still commit")]
    [InlineData(OperationPhase.Drain, OperationPhase.Verify, "clean as of epoch")]
    [InlineData(OperationPhase.Verify, OperationPhase.Drained, "has not completed its drain")]
    [InlineData(OperationPhase.Stop, OperationPhase.Done, "has not stopped yet")]
    [InlineData(OperationPhase.Cancelling, OperationPhase.Cancelled, "not seen online and leased")]
    public void A17_a_phase_is_not_left_before_what_it_waits_for(OperationPhase from, OperationPhase to, string why)
    {
        var node = from == OperationPhase.RolesOff ? Fold.Gateway(1) : T1;
        var kind = from == OperationPhase.Stop ? OperationKind.Shutdown : OperationKind.Maintenance;
        var state = OperationWorld.Serving(3).Move((1, AdminState.Draining));
        var operation = new Operation(50, kind)
        {
            Phase = from,
            RebalanceId = 7,
            MarkEpoch = state.Newest.Number,
            Nodes = [new OperationNode(node) { Before = new NodeSnapshot(1, AdminState.In, false, false, 1, [], []) }],
        };
        state = state with { Operations = state.Operations.Add(50, operation) };
        Assert.Contains(why, new AdvanceOperation(50, operation.Version, to).Check(state)!.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(OperationPhase.Remove, OperationPhase.PermitErase)]
    [InlineData(OperationPhase.PermitErase, OperationPhase.Erased)]
    public void A18_permits_and_their_end_need_commands_of_their_own_while_there_are_members(OperationPhase from, OperationPhase to)
    {
        var state = OperationWorld.Serving(3);
        var operation = new Operation(50, OperationKind.Decommission) { Phase = from, Nodes = [new OperationNode(T1)] };
        state = state with { Operations = state.Operations.Add(50, operation) };
        Assert.Contains("still a member", new AdvanceOperation(50, 1, to).Check(state)!.Message, StringComparison.Ordinal);

        var gone = state with { Nodes = state.Nodes.Remove(T1) };
        Assert.Null(new AdvanceOperation(50, 1, to).Check(gone));
    }

    [Theory]
    [InlineData(OperationPhase.Precheck)]
    [InlineData(OperationPhase.Mark)]
    [InlineData(OperationPhase.Drain)]
    [InlineData(OperationPhase.Drained)]
    public void A18_stop_permit_and_removal_are_refused_before_their_phase(OperationPhase phase)
    {
        var state = OperationWorld.Serving(3).Move((1, AdminState.Out));
        foreach (var kind in new[] { OperationKind.Shutdown, OperationKind.Decommission, OperationKind.RemoveDead })
        {
            var running = state with { Operations = state.Operations.Add(50, new Operation(50, kind) { Phase = phase, Nodes = [new OperationNode(T1)] }) };
            Assert.Equal(ErrorCode.Conflict, new StopNode(50, T1, Fold.SessionOf(T1)).Check(running)?.Code);
            Assert.Equal(ErrorCode.Conflict, new PermitErase(50, T1, Fold.IncarnationOf(T1)).Check(running)?.Code);
            Assert.Equal(ErrorCode.Conflict, new RemoveNode(50, T1, Fold.IncarnationOf(T1)).Check(running)?.Code);
            Assert.Equal(ErrorCode.Conflict, new ConfirmErased(50, T1, Fold.IncarnationOf(T1)).Check(running)?.Code);
        }
    }

    [Fact]
    public void B0_nobody_is_removed_who_may_hold_something_or_has_a_role()
    {
        var state = OperationWorld.Serving(3);
        ClusterState With(ClusterState s, NodeId node) => s with { Operations = s.Operations.Add(50, new Operation(50, OperationKind.Decommission) { Phase = OperationPhase.Remove, Nodes = [new OperationNode(node)] }) };
        string Refused(ClusterState s, NodeId node) => new PermitErase(50, node, Fold.IncarnationOf(node)).Check(With(s, node))!.Message;

        Assert.Contains("in service", Refused(state, T1), StringComparison.Ordinal);
        Assert.Contains("may hold what belongs elsewhere", Refused(state.Move((1, AdminState.Out)), T1), StringComparison.Ordinal);
        Assert.Contains("leads the cluster", Refused(state, Fold.Gateway(1)), StringComparison.Ordinal);
        Assert.Contains("votes", Refused(state, Fold.Gateway(2)), StringComparison.Ordinal);
        var clean = state.Move((1, AdminState.Out));
        clean = clean.WithIntegers(1, clean.Newest.Number, clean.Newest.Number);
        Assert.Null(new PermitErase(50, T1, Fold.IncarnationOf(T1)).Check(With(clean, T1)));
        Assert.Equal(ErrorCode.Conflict, new PermitErase(50, T1, Fold.IncarnationOf(T1, 2)).Check(With(clean, T1))?.Code);
    }

    private static void CheckAll(Operation operation)
    {
        var state = OperationWorld.Serving(3);
        state = state with { Operations = state.Operations.Add(1, operation) };
        foreach (var to in Enum.GetValues<OperationPhase>())
        {
            var refusal = new AdvanceOperation(1, operation.Version, to).Check(state);
            if (OperationPhases.Next(operation) != to)
            {
                Assert.Contains("cannot go from", refusal!.Message, StringComparison.Ordinal);
            }
            else
            {
                Assert.DoesNotContain("cannot go from", refusal?.Message ?? string.Empty, StringComparison.Ordinal);
            }
        }
    }
}
