using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Protocol.Membership;
using Starling.Protocol.Node;
using Starling.Protocol.Operations;
using Starling.Protocol.Ownership;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;
using Starling.Protocol.State.Operations;
using Starling.Tests.Protocol.Node;
using Starling.Tests.Protocol.State;
using Xunit;

namespace Starling.Tests.Protocol.Operations;

/// <summary>Whole nodes with consensus, leases and liveness; the targets' passes end as soon as they are asked for.</summary>
public class OperationNodeTests
{
    private static readonly NodeId T1 = NodeId.Parse("target01");

    private readonly World world = World.WithGateways(3);
    private bool passes = true;

    public OperationNodeTests()
    {
        for (var i = 1; i <= 3; i++)
        {
            world.Add($"target0{i}", NodeRole.Target, 0, ["gateway1", "gateway2", "gateway3"]);
        }

        world.RunUntil(() => State.Newest.Targets.Length == 3, 30, "three targets in service");
        Assert.Null(Gateway.ProposeAndWait(new CreateBucket(Fold.Bucket(), string.Empty, 5)).Error);
        world.RunUntil(() => world.Hosts.Values.All(h => h.View.State.KnowsOperations), 10, "operations known to everybody");
        Serve();
    }

    private Host Leader => world.Leader ?? throw new InvalidOperationException("nobody leads");

    private Host Gateway => world.Hosts.Values.First(h => h.Facts.Role == NodeRole.Gateway && h.Node is not null && h != world.Leader);

    private ClusterState State => (world.Leader ?? Gateway).View.State;

    [Fact]
    public void A17_A20_a_target_is_taken_out_and_called_safe_through_any_gateway_and_comes_back()
    {
        var started = Gateway.ProposeAndWait(new StartOperation(OperationKind.Maintenance, [T1]) { RequestedBy = "admin" });
        Assert.Null(started.Error);
        world.RunUntil(() => State.Node(T1)!.State == AdminState.Out, 10, "target01 out");
        Assert.Equal(Safety.Safe, Ask(Gateway, T1).Safety);
        Assert.Equal(Safety.Safe, Ask(Leader, T1).Safety);
        Assert.Equal(Safety.Unsafe, Ask(Gateway, NodeId.Parse("target02")).Safety);

        world["target02"].Crash();
        world.Run(4);
        var verdict = Ask(Gateway, T1);
        Assert.Equal((Safety.Unknown, "target02"), (verdict.Safety, Assert.Single(verdict.Names).Value));
        world["target02"].Start();
        world.RunUntil(() => Ask(Gateway, T1).Safety == Safety.Safe, 10, "target02 is heard again");

        Assert.Null(Gateway.ProposeAndWait(new StartOperation(OperationKind.Return, [T1])).Error);
        world.RunUntil(() => State.Node(T1)!.State == AdminState.In && State.IsConverged && State.Operations.IsEmpty, 10, "target01 back and everything in place");
    }

    [Fact]
    public void A17_the_leader_itself_is_taken_out_after_it_has_handed_over()
    {
        var leader = Leader;
        var answer = Gateway.ProposeAndWait(new StartOperation(OperationKind.Maintenance, [leader.Facts.Id]));
        Assert.Null(answer.Error);
        world.RunUntil(() => world.Leader is { } now && now != leader && State.Node(leader.Facts.Id)!.State == AdminState.Out && State.Operations.IsEmpty, 20, "the old leader is out");
        Assert.DoesNotContain(Leader.View.Voters.Members, v => v.Id == leader.Facts.Id);
        Assert.Equal(Safety.Safe, Ask(Gateway, leader.Facts.Id).Safety);
    }

    [Theory]
    [InlineData(OperationPhase.RolesOff)]
    [InlineData(OperationPhase.Mark)]
    [InlineData(OperationPhase.Drain)]
    [InlineData(OperationPhase.Verify)]
    public void A17_S34_a_leader_that_dies_in_a_phase_is_continued_by_the_next(OperationPhase phase)
    {
        Assert.Null(Gateway.ProposeAndWait(new StartOperation(OperationKind.Maintenance, [T1])).Error);
        world.RunUntil(() => State.Node(T1)!.State == AdminState.Out || State.Operations.Values.Any(o => o.Phase >= phase), 10, $"phase {phase}");
        Leader.Crash();
        world.RunUntil(() => world.Leader is not null && State.Node(T1)!.State == AdminState.Out && State.Operations.IsEmpty, 60, "target01 out under another leader");
        Assert.Single(State.FinishedOperations);
    }

    [Fact]
    public void A18_an_order_to_stop_reaches_the_process_that_is_meant_and_not_the_next_one()
    {
        Assert.Null(Gateway.ProposeAndWait(new StartOperation(OperationKind.Shutdown, [T1])).Error);
        var target = world["target01"];
        world.RunUntil(() => target.View.StopOrdered, 10, "target01 reads the order");
        target.Crash();
        target.Start();
        world.RunUntil(() => target.View.SessionApplied && State.Operations.IsEmpty, 30, "the shutdown ends");
        world.Run(2);
        Assert.False(target.View.StopOrdered);
    }

    [Fact]
    public void A18_a_permit_reaches_the_node_and_its_report_ends_the_membership()
    {
        Assert.Null(Gateway.ProposeAndWait(new StartOperation(OperationKind.Decommission, [T1]) { Options = new OperationOptions { RemoveUserData = true } }).Error);
        var target = world["target01"];
        world.RunUntil(() => target.View.EraseOrdered is { RemoveUserData: true }, 10, "target01 reads its permit");
        target.Step(new EraseFinished());
        world.RunUntil(() => State.Node(T1) is null && State.Operations.IsEmpty, 10, "target01 is no member any more");
        world.RunUntil(() => target.View.MembershipEnded, 10, "target01 knows");
    }

    [Fact]
    public void A18_who_erased_itself_hears_from_any_member_that_it_is_out_whoever_leads()
    {
        var target = Permitted();
        var first = Leader;
        world.Drop = (_, _, envelope) => envelope.Message is MembershipEnded || (envelope.To == T1 && State.Node(T1) is null);
        target.Step(new EraseFinished());
        world.RunUntil(() => State.Node(T1) is null, 10, "target01 is removed");
        first.Crash();
        world.Run(10);
        Assert.False(target.View.MembershipEnded);

        world.Drop = null;
        Assert.NotNull(target.View.State.Node(T1));
        world.RunUntil(() => target.View.MembershipEnded, 10, "another member tells it");
    }

    [Fact]
    public void A18_S24_who_is_out_by_permit_gives_up_its_log_stays_outside_and_its_next_process_joins_as_a_new_member()
    {
        var target = Permitted();
        var old = target.View.Self.Incarnation;
        target.Step(new EraseFinished());
        world.RunUntil(() => target.View.MembershipEnded, 10, "target01 knows");
        Assert.True(target.Disk is { Entries.Count: 0, Snapshot.Index: 0 } && target.Disk.HardState == HardState.Initial);
        Assert.NotEqual(old, target.Disk.Incarnation);
        Assert.Equal(target.Disk.Incarnation, target.View.Self.Incarnation);

        // The process goes on running, as an operation may want it: nobody lets it in, it asks nobody, and it serves nothing.
        target.Sent.Clear();
        world.Run(60);
        Assert.Null(State.Node(T1));
        Assert.DoesNotContain(target.Sent, sent => sent.Envelope.Message is JoinRequest or LeaseRequest);
        Assert.True(target.View is { SessionApplied: false, AppliedIndex: 0, MembershipEnded: true, Lease.SentNs: 0 });
        Assert.Contains("decommissioned by operation op", target.View.Waiting, StringComparison.Ordinal);

        var removedAt = State.AppliedIndex;
        target.Crash();
        target.Start();
        world.RunUntil(() => State.Node(T1)?.State == AdminState.In && State.Operations.IsEmpty, 60, "target01 is in again");
        Assert.NotEqual(old, State.Node(T1)!.Incarnation);
        Assert.True(State.Node(T1)!.JoinedIndex > removedAt, "what it brings along is from another life");
        Assert.False(target.View.MembershipEnded);
        Assert.Null(target.View.EraseOrdered);
    }

    [Fact]
    public void A18_a_crash_before_the_log_is_given_up_leaves_the_old_one_and_the_next_process_finds_out_by_itself()
    {
        var target = Permitted();
        var old = target.Disk.Incarnation;
        target.Step(new EraseFinished());
        world.RunUntil(() => State.Node(T1) is null, 10, "target01 is removed");
        target.DiskHangs = true;
        world.RunUntil(() => target.View.Self.Incarnation != old, 10, "target01 hears that it is out");
        world.Run(5);
        Assert.False(target.View.MembershipEnded);
        Assert.Equal(old, target.Disk.Incarnation);

        target.Crash();
        target.DiskHangs = false;
        target.Start();
        world.RunUntil(() => target.View.EraseOrdered is not null, 10, "the next process reads the old permit");
        world.Run(5);
        Assert.False(target.View.MembershipEnded);
        Assert.Equal(old, target.Disk.Incarnation);
        Assert.Contains("which is never admitted again", target.View.Waiting, StringComparison.Ordinal);
        target.Step(new EraseFinished());
        world.RunUntil(() => target.View.MembershipEnded, 10, "it asks and is told");
        Assert.NotEqual(old, target.Disk.Incarnation);
    }

    [Fact]
    public void A18_nobody_is_told_of_an_erase_before_its_permit_is_on_the_disk_of_the_node_itself()
    {
        var target = world["target01"];
        target.DiskHangs = true;
        Permitted();
        target.Step(new EraseFinished());
        world.Run(5);
        Assert.NotNull(State.Node(T1));
        Assert.DoesNotContain(target.Sent, sent => sent.Envelope.Message is EraseReport);

        target.ReleaseDisk();
        world.RunUntil(() => target.View.MembershipEnded, 10, "target01 is out and knows");
    }

    [Fact]
    public void A18_nobody_who_is_a_member_is_stopped_by_a_word_that_his_membership_is_over()
    {
        var target = Permitted();
        var permit = target.View.EraseOrdered!;
        Tell(target, Leader.View.Self, permit.Operation);
        Assert.False(target.View.MembershipEnded);

        world.Drop = (_, _, envelope) => envelope.Message is EraseReport;
        target.Step(new EraseFinished());
        var stranger = Leader.View.Self with { Incarnation = new Incarnation(7) };
        Tell(target, stranger, permit.Operation);
        Tell(target, Leader.View.Self, permit.Operation + 1);
        Assert.False(target.View.MembershipEnded);
        var other = world["target02"];
        Tell(other, Leader.View.Self, permit.Operation);
        Assert.False(other.View.MembershipEnded);

        // A report of somebody who has no permit is not answered.
        var leader = Leader;
        leader.Receive(From(other.View.Self, other.Address, leader.View.Self, new EraseReport(permit.Operation)));
        world.Run(2);
        Assert.DoesNotContain(leader.Sent, s => s.Envelope.Message is MembershipEnded);
        Assert.NotNull(State.Node(NodeId.Parse("target02")));
    }

    [Fact]
    public void The_journal_dates_what_the_leader_decides_by_its_rules()
    {
        var before = State.AppliedIndex;
        Assert.Null(Gateway.ProposeAndWait(new StartOperation(OperationKind.Maintenance, [T1])).Error);
        world.RunUntil(() => State.Journal.Any(j => j.Index > before && j.What.Contains(" enters ", StringComparison.Ordinal)), 10, "the leader advances the operation");
        Assert.All(State.Journal.Where(j => j.Index > before + 1), j => Assert.True(j.AtNs > 0 && j.By.Length == 0, $"{j}"));
    }

    [Fact]
    public void B0_a_dead_target_is_declared_lost_only_when_its_lease_has_lapsed()
    {
        world["target01"].Crash();
        world.Run(5);
        Assert.Null(Gateway.ProposeAndWait(new StartOperation(OperationKind.RemoveDead, [T1]) { Options = new OperationOptions { NoRebalance = true } }).Error);
        world.Run(20);
        Assert.Equal(BlockReason.MayRun, Assert.Single(State.Operations.Values).Blocked?.Reason);
        Assert.Empty(State.Losses);
        world.RunUntil(() => State.Node(T1) is null, 20, "the lease has lapsed");
        Assert.True(State.Losses[T1].IsWhole);
        Assert.Contains(State.Journal, j => j.What == "what target target01 held is declared lost");
    }

    [Fact]
    public void G10_a_target_that_answers_is_given_up_only_by_force()
    {
        var dead = new StartOperation(OperationKind.RemoveDead, [T1]) { Options = new OperationOptions { NoRebalance = true } };
        var refused = Gateway.ProposeAndWait(dead);
        Assert.Equal(ErrorCode.PreconditionFailed, refused.Error?.Code);
        Assert.Contains("guard alive: target target01 answers", refused.Error!.Message, StringComparison.Ordinal);
        Assert.Null(Gateway.ProposeAndWait(dead with { Options = dead.Options with { Force = ["alive"] } }).Error);
    }

    [Fact]
    public void A19_taking_back_does_not_wait_for_a_node_that_is_dead()
    {
        passes = false;
        var started = Gateway.ProposeAndWait(new StartOperation(OperationKind.Maintenance, [T1, NodeId.Parse("target02")]));
        world.RunUntil(() => State.Operations.Values.Any(o => o.Phase == OperationPhase.Drain), 10, "they drain");
        world["target01"].Crash();
        world.Run(12);
        var id = long.Parse(started.Result[2..], System.Globalization.CultureInfo.InvariantCulture);
        Assert.Null(Gateway.ProposeAndWait(new CancelOperation(id, "admin")).Error);
        world.RunUntil(() => State.Operation(id)!.IsFinished, 20, "it is taken back");
        Assert.Equal((AdminState.Out, AdminState.In), (State.Node(T1)!.State, State.Node(NodeId.Parse("target02"))!.State));
        Assert.Contains("target01 did not answer and stays out", State.Operation(id)!.Ending, StringComparison.Ordinal);

        passes = true;
        world["target01"].Start();
        world.RunUntil(() => world["target01"].View.SessionApplied && State.Operations.IsEmpty && Leader.View.Liveness.Any(m => m.Id == T1 && m.Control == Starling.Protocol.Membership.Liveness.Online), 60, "it is back");
        Assert.Null(Gateway.ProposeAndWait(new StartOperation(OperationKind.Return, [T1])).Error);
        world.RunUntil(() => State.Node(T1)!.State == AdminState.In && State.Operations.IsEmpty, 20, "and goes in again");
    }

    [Fact]
    public void B10_a_mountpath_that_is_lost_while_the_target_runs_reaches_the_state()
    {
        world["target02"].Step(new MountpathsChanged([]));
        world.RunUntil(() => State.Node(NodeId.Parse("target02"))!.LostMountpathIds.Length == 1, 5, "the loss is committed");
        world["target02"].Step(new MountpathsChanged(["mp1-target02"]));
        world.RunUntil(() => State.Node(NodeId.Parse("target02"))!.LostMountpathIds.IsEmpty, 5, "its return is committed");
    }

    [Fact]
    public void Interrupting_a_removal_brings_the_target_back_within_two_seconds()
    {
        passes = false;
        Assert.Null(Gateway.ProposeAndWait(new StartOperation(OperationKind.Maintenance, [T1])).Error);
        world.RunUntil(() => State.Operations.Values.Any(o => o.Phase == OperationPhase.Drain), 10, "it drains");
        Assert.Null(Gateway.ProposeAndWait(new StartOperation(OperationKind.Return, [T1])).Error);
        world.RunUntil(() => State.Node(T1)!.State == AdminState.In, 2, "target01 is in service");
        passes = true;
        world.RunUntil(() => State.IsConverged && State.Operations.IsEmpty, 10, "what changed is back");
    }

    [Fact]
    public void G3_the_leader_judges_by_what_it_hears_whatever_the_request_says()
    {
        world.RunUntil(() => Leader.View.Voters.Members.Length == 5, 30, "five voters");
        var others = Leader.View.Voters.Members.Where(v => v.Id != Leader.Facts.Id).Select(v => v.Id).ToList();
        world[others[0].Value].Crash();
        world[others[1].Value].Crash();
        world.Run(6);
        var other = others[2];
        var flattering = new OperationFacts(State.Newest.Number, [.. State.Nodes.Values.Select(n => new NodeFact(n.Id, n.Session, Starling.Protocol.Membership.Liveness.Online))]);
        var answer = Leader.ProposeAndWait(new StartOperation(OperationKind.Maintenance, [other]) { Facts = flattering });
        Assert.Equal(ErrorCode.PreconditionFailed, answer.Error?.Code);
        Assert.StartsWith("guard voters: ", answer.Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A20_without_a_leader_the_answer_is_unknown()
    {
        foreach (var gateway in world.Hosts.Values.Where(h => h.Facts.Role == NodeRole.Gateway && h != world["gateway1"]).ToList())
        {
            gateway.Crash();
        }

        world.Run(5);
        Assert.Equal(SafetyVerdict.NoLeader, Ask(world["gateway1"], T1));
    }

    [Fact]
    public void A_target_that_joins_a_cluster_with_data_goes_in_with_a_rebalance_of_its_own()
    {
        world.Add("target04", NodeRole.Target, 0, ["gateway1", "gateway2", "gateway3"]);
        world.RunUntil(() => State.FinishedOperations.Any(o => o.Kind == OperationKind.Join) && State.IsConverged, 30, "target04 in and everything in place");
        Assert.Equal(4, State.Newest.Targets.Length);
    }

    private Host Permitted()
    {
        Assert.Null(Gateway.ProposeAndWait(new StartOperation(OperationKind.Decommission, [T1]) { Options = new OperationOptions { RemoveUserData = true } }).Error);
        world.RunUntil(() => world["target01"].View.EraseOrdered is not null, 10, "target01 reads its permit");
        return world["target01"];
    }

    private void Tell(Host host, NodeIdentity from, long operation) =>
        host.Receive(From(from, world.Hosts[from.Id.Value].Address, host.View.Self, new MembershipEnded(operation)));

    private Envelope From(NodeIdentity from, string address, NodeIdentity to, Message message) =>
        new(State.ClusterId, from, address, to.Id, to.Incarnation, State.Newest.Number, State.AppliedIndex, message);

    private SafetyVerdict Ask(Host host, NodeId node)
    {
        var id = world.NextRequest();
        host.Step(new SafetyRequested(id, node));
        world.RunUntil(() => host.Verdicts.ContainsKey(id), 10, "a verdict");
        return host.Verdicts[id];
    }

    private void Serve()
    {
        foreach (var host in world.Hosts.Values.Where(h => h.Facts.Role == NodeRole.Target && h.Node is not null && passes).ToList())
        {
            if (host.View.PassWanted is { } wanted && host.View.State.Newest.Number == wanted.Epoch)
            {
                host.Step(new PassFinished(wanted.Epoch, host.View.AppliedIndex, [.. host.View.State.Newest.Targets.Where(t => t != host.Facts.Id)], 0));
            }

            host.Step(new PassProgressed(new PassSummary { CapacityBytes = 1L << 40, UsedBytes = 1000, Objects = 1, Bytes = 1 }));
        }

        world.At(100 * World.Ms, Serve);
    }
}
