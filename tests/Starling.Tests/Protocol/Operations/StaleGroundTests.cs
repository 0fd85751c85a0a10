using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Consensus;
using Starling.Protocol.Operations;
using Starling.Protocol.Operations.Guards;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;
using Starling.Protocol.State.Operations;
using Starling.Tests.Protocol.State;
using Xunit;

namespace Starling.Tests.Protocol.Operations;

/// <summary>Grounds on which something was decided, and which do not hold any more when it happens.</summary>
public class StaleGroundTests
{
    private static readonly NodeId T1 = Fold.Target(1);
    private static readonly NodeId T2 = Fold.Target(2);
    private static readonly NodeId T3 = Fold.Target(3);
    private static readonly OperationOptions Quiet = new() { NoRebalance = true };

    [Fact]
    public void A20_a_renewed_proof_still_rests_on_who_vouched_in_the_first_one()
    {
        var world = new OperationWorld(OperationWorld.Serving(4)).Start(OperationKind.Maintenance, null, T1).Run();
        var entry = world.State.Node(T1)!;
        Assert.Contains(entry.VerifiedBy, r => r.Id == T2);

        // Everything is verified already: a second pass asks nobody.
        Assert.Null(world.Ask(new MarkClean(T1, entry.Session, entry.Clean) { StartedIndex = world.State.AppliedIndex }).Error);
        Assert.Equal(entry.VerifiedBy.ToArray(), world.State.Node(T1)!.VerifiedBy.ToArray());
        var verdict = SafetyVerdict.Of(world.Down(T2).State, T1, world.Observe().Hearing());
        Assert.Equal(Safety.Unknown, verdict.Safety);
        Assert.Contains(T2, verdict.Names);
    }

    [Fact]
    public void A20_who_has_handed_on_what_it_took_over_vouches_no_more_in_a_renewed_proof()
    {
        var world = new OperationWorld(OperationWorld.Serving(4)).Start(OperationKind.Maintenance, null, T1).Run().Start(OperationKind.Maintenance, null, T2).Run();
        var entry = world.State.Node(T1)!;
        Assert.Null(world.Ask(new MarkClean(T1, entry.Session, entry.Clean) { StartedIndex = world.State.AppliedIndex, Receivers = [T3] }).Error);
        Assert.DoesNotContain(world.State.Node(T1)!.VerifiedBy, r => r.Id == T2);
        Assert.Equal(Safety.Safe, SafetyVerdict.Of(world.Down(T2).State, T1, world.Observe().Hearing()).Safety);
    }

    [Fact]
    public void A20_a_vote_counts_until_its_removal_is_committed()
    {
        var world = new OperationWorld(OperationWorld.Serving(4)).Start(OperationKind.Maintenance, null, T1).Run();
        var hearing = world.Observe().Hearing();
        var votes = world.State with { Voters = new VoterSet([Fold.MemberOf(T1)]) };
        Assert.Equal(Safety.Unsafe, SafetyVerdict.Of(votes, T1, hearing).Safety);
    }

    [Fact]
    public void A11_the_last_target_is_not_marked_when_another_one_was_removed_as_dead_meanwhile()
    {
        var world = new OperationWorld(OperationWorld.Serving(2)).Start(OperationKind.Maintenance, null, T1).Down(T2);
        var maintenance = world.Single();
        world.Start(OperationKind.RemoveDead, Quiet, T2);
        var removal = world.State.Operations.Values.Single(o => o.Kind == OperationKind.RemoveDead);
        foreach (var to in new[] { OperationPhase.RolesOff, OperationPhase.Mark })
        {
            Assert.Null(world.Ask(new AdvanceOperation(removal.Id, world.State.Operations[removal.Id].Version, to)).Error);
        }

        Assert.Null(world.Ask(new AdvanceOperation(maintenance.Id, maintenance.Version, OperationPhase.RolesOff)).Error);
        var refused = world.Ask(new AdvanceOperation(maintenance.Id, maintenance.Version + 1, OperationPhase.Mark)).Error;
        Assert.Contains("last-target", refused!.Message, StringComparison.Ordinal);
        Assert.Equal(AdminState.In, world.StateOf(T1));
    }

    [Fact]
    public void A17_a_drain_is_not_opened_again_under_an_operation_that_is_not_marked_yet()
    {
        var world = new OperationWorld(OperationWorld.Serving(4)).Start(OperationKind.Maintenance, null, T1).Run();
        Assert.Null(world.Ask(new StartOperation(OperationKind.Decommission, [T1, T3])).Error);
        world.Ask(Fold.Session(T2, start: 2, previous: 1) with { MountpathIds = [$"{T2}-a"] });
        Assert.Null(world.Ask(new DeclareLost(T2, Fold.SessionOf(T2, 2), world.State.Newest.Number, [$"{T2}-b"], "admin")).Error);
        Assert.Equal(ErrorCode.Conflict, world.Ask(new ReopenDrain(T1, Fold.SessionOf(T1), T2)).Error?.Code);
        Assert.Equal(OperationPhase.Precheck, world.Single().Phase);
    }

    [Fact]
    public void A20_no_erase_is_permitted_over_a_loss_that_was_declared_after_it_was_proposed()
    {
        var world = new OperationWorld(OperationWorld.Serving(4)).Start(OperationKind.Maintenance, null, T1).Run().Start(OperationKind.Decommission, null, T1);
        while (world.Single() is { Phase: not OperationPhase.Remove } operation)
        {
            Assert.Null(world.Ask(new AdvanceOperation(operation.Id, operation.Version, OperationPhases.Next(operation)!.Value)).Error);
        }

        var permit = new PermitErase(world.Single().Id, T1, Fold.IncarnationOf(T1));
        Assert.Null(permit.Check(world.State));
        world.Ask(Fold.Session(T2, start: 2, previous: 1) with { MountpathIds = [$"{T2}-a"] });
        Assert.Null(world.Ask(new DeclareLost(T2, Fold.SessionOf(T2, 2), world.State.Newest.Number, [$"{T2}-b"], "admin")).Error);
        Assert.Contains("declared lost since", world.Ask(permit).Error!.Message, StringComparison.Ordinal);
        Assert.Empty(world.State.ErasePermits);
    }

    [Fact]
    public void B0_a_mountpath_lost_later_does_not_let_out_what_is_in_quarantine()
    {
        var world = new OperationWorld(OperationWorld.Serving(3)).Down(T1).Start(OperationKind.Maintenance, Quiet, T1).Run();
        Assert.Null(world.Ask(new DeclareLost(T1, Fold.SessionOf(T1), world.State.Newest.Number, [], "admin") { LeaseEnd = PreviousSessionEnd.LeaseLapsed }).Error);
        var lostAt = world.State.AppliedIndex;
        Assert.Null(world.Ask(Fold.Session(T1, start: 2, previous: 1) with { PreviousEnd = PreviousSessionEnd.LeaseLapsed }).Error);
        world.Up(T1).Start(OperationKind.Return, null, T1).Run();
        Assert.Null(world.Ask(Fold.Session(T1, start: 3, previous: 2) with { MountpathIds = [$"{T1}-a"] }).Error);
        Assert.Null(world.Ask(new DeclareLost(T1, Fold.SessionOf(T1, 3), world.State.Newest.Number, [$"{T1}-b"], "admin")).Error);
        Assert.Equal(lostAt, world.State.QuarantineBefore(T1));
    }

    [Fact]
    public void G4_sums_beyond_64_bits_are_judged_and_stop_nobody()
    {
        var state = OperationWorld.Serving(3);
        var world = new OperationWorld(state);
        var facts = world.Observe().Facts(state);
        facts = facts with { Nodes = [.. facts.Nodes.Select(f => f with { UsedBytes = long.MaxValue, CapacityBytes = long.MaxValue })] };
        Assert.Contains(Capacity.Name, world.Ask(new StartOperation(OperationKind.Maintenance, [T1, T2]) { Facts = facts }).Error!.Message, StringComparison.Ordinal);
    }
}
