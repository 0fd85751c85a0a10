using System.Collections.Immutable;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Consensus;
using Starling.Protocol.Membership;
using Starling.Protocol.Operations.Guards;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;
using Starling.Protocol.State.Operations;
using Starling.Tests.Protocol.State;
using Xunit;

namespace Starling.Tests.Protocol.Operations;

public class GuardTests
{
    private static readonly NodeId T1 = Fold.Target(1);
    private static readonly NodeId T2 = Fold.Target(2);
    private static readonly NodeId G1 = Fold.Gateway(1);

    [Fact]
    public void G1_the_last_active_target_of_a_cluster_with_buckets_stays()
    {
        var state = OperationWorld.Serving(2);
        Refuses("last-target", Ask(state, OperationKind.Maintenance, [T1, T2]));
        Refuses("last-target", Ask(state.Move((2, AdminState.Out)), OperationKind.Maintenance, [T1]));
        Agrees(Ask(state, OperationKind.Maintenance, [T1]));
        Agrees(Ask(state.Apply(new DestroyBucket(Fold.Bucket(), 1)), OperationKind.Maintenance, [T1, T2]));
    }

    [Fact]
    public void G2_a_leader_goes_only_if_another_electable_gateway_is_there_to_take_over()
    {
        var state = OperationWorld.Serving(2, gateways: 2);
        Refuses("primary", Ask(state, OperationKind.Maintenance, [G1], Fact(state, Fold.Gateway(2), f => f with { Liveness = Liveness.Offline })));
        Refuses("primary", Ask(OperationWorld.Serving(2, gateways: 1), OperationKind.Maintenance, [G1]));
        Agrees(Ask(OperationWorld.Serving(2), OperationKind.Maintenance, [G1]));
    }

    [Fact]
    public void G3_the_remaining_voters_that_are_in_and_online_keep_a_majority()
    {
        var state = OperationWorld.Serving(2);
        var out3 = state with { Nodes = state.Nodes.SetItem(Fold.Gateway(3), state.Nodes[Fold.Gateway(3)] with { State = AdminState.Out }) };

        Agrees(Ask(state, OperationKind.Maintenance, [Fold.Gateway(2)]));
        Refuses("voters", Ask(out3, OperationKind.Maintenance, [Fold.Gateway(2)]));
        Refuses("voters", Ask(state, OperationKind.Maintenance, [Fold.Gateway(2)], Fact(state, Fold.Gateway(3), f => f with { Liveness = Liveness.Suspect })));
        Refuses("voters", Ask(state, OperationKind.Maintenance, [Fold.Gateway(2)], Fact(state, Fold.Gateway(3), f => f with { Liveness = Liveness.Unknown })));
        Refuses("voters", Ask(state, OperationKind.Maintenance, [Fold.Gateway(2), Fold.Gateway(3)]));

        // A target that does not vote changes nothing for the voters.
        Agrees(Ask(out3, OperationKind.Maintenance, [T1]));
        var voting = state with { Voters = new VoterSet([.. state.Voters.Members.Add(Fold.MemberOf(T1)).Remove(Fold.MemberOf(Fold.Gateway(3))).Order()]) };
        Refuses("voters", Ask(voting, OperationKind.Maintenance, [T1], Fact(state, Fold.Gateway(2), f => f with { Liveness = Liveness.Offline })));
    }

    [Fact]
    public void G3_an_electable_gateway_stays()
    {
        var state = OperationWorld.Serving(2, gateways: 1);
        Refuses("voters", Ask(state, OperationKind.Maintenance, [G1], null, "primary"));
    }

    [Theory]
    [InlineData(800, 50, false)]
    [InlineData(800, 95, false)]
    [InlineData(800, 97, true)]
    [InlineData(890, 11, true)]
    [InlineData(890, 0, false)]
    public void G4_what_leaves_fits_below_the_high_watermark_with_five_percent_to_spare(long usedBytes, long leavingBytes, bool refused)
    {
        var state = OperationWorld.Serving(2);
        var facts = new OperationWorld(state).Observe().Facts(state);
        facts = facts with
        {
            Nodes = [.. facts.Nodes.Select(f => f.Id == T1 ? f with { CapacityBytes = 1000, UsedBytes = leavingBytes } : f.Id == T2 ? f with { CapacityBytes = 1000, UsedBytes = usedBytes } : f)],
        };
        var answer = Ask(state, OperationKind.Maintenance, [T1], facts);
        Assert.Equal(refused ? ErrorCode.PreconditionFailed : null, answer?.Code);
        Agrees(new StartOperation(OperationKind.Maintenance, [T1]) { Facts = facts, Options = new OperationOptions { NoRebalance = true } }.Check(state));
    }

    [Fact]
    public void G5_a_decommissioning_without_rebalance_says_what_would_be_lost()
    {
        var state = OperationWorld.Serving(2);
        var quiet = new OperationOptions { NoRebalance = true };
        StoreError? With(long objects) => new StartOperation(OperationKind.Decommission, [T1]) { Options = quiet, Facts = Fact(state, T1, f => f with { Objects = objects, Bytes = 77 }) }.Check(state);

        Refuses("redundancy", With(-1));
        Refuses("redundancy", With(12));
        Assert.Contains("12 objects (77 bytes)", With(12)!.Message, StringComparison.Ordinal);

        // None counted is none a while ago; one that is out and clean holds nothing.
        Refuses("redundancy", With(0));
        var drained = new OperationWorld(state).Start(OperationKind.Maintenance, null, T1).Run();
        Assert.Null(drained.Ask(new StartOperation(OperationKind.Decommission, [T1]) { Options = quiet }).Error);
        Agrees(new StartOperation(OperationKind.Maintenance, [T1]) { Options = quiet }.Check(state));
        Agrees(new StartOperation(OperationKind.RemoveDead, [T1]) { Options = quiet }.Check(state));
    }

    [Fact]
    public void G6_and_G9_erasure_coded_buckets_keep_the_targets_that_they_need()
    {
        var state = OperationWorld.Serving(4);
        var bucket = state.FindBucket(Fold.Bucket())!;
        state = state with { Buckets = state.Buckets.SetItem(bucket.Name, bucket with { Props = new BucketProps("""{"ec":{"enabled":true,"data_slices":1,"parity_slices":1}}""") }) };

        Agrees(Ask(state, OperationKind.Maintenance, [T1]));
        Refuses("ec", Ask(state, OperationKind.Maintenance, [T1, T2]));
        Refuses("down-nodes", Ask(state, OperationKind.Maintenance, [T1], Fact(state, T2, f => f with { Liveness = Liveness.Offline })));
        Agrees(Ask(OperationWorld.Serving(4), OperationKind.Maintenance, [T1], Fact(OperationWorld.Serving(4), T2, f => f with { Liveness = Liveness.Offline })));
    }

    [Fact]
    public void G7_jobs_that_rewrite_objects_are_waited_for()
    {
        var state = OperationWorld.Serving(3);
        var answer = Ask(state, OperationKind.Maintenance, [T1], Fact(state, T2, f => f with { Jobs = ["copy-bucket"] }));
        Refuses("jobs", answer);
        Assert.Contains("target02 runs copy-bucket", answer!.Message, StringComparison.Ordinal);
        Agrees(Ask(state, OperationKind.Maintenance, [Fold.Gateway(2)], Fact(state, T2, f => f with { Jobs = ["copy-bucket"] })));
    }

    [Fact]
    public void G8_only_one_failure_domain_is_away_at_a_time()
    {
        var state = OperationWorld.Serving(4);
        var labelled = new OperationWorld(state).Observe().Facts(state);
        labelled = labelled with { Nodes = [.. labelled.Nodes.Select(f => f with { Domain = f.Id == T1 || f.Id == Fold.Target(3) ? "rack1" : f.Id == T2 ? "rack2" : string.Empty })] };

        Agrees(Ask(state, OperationKind.Maintenance, [T1, Fold.Target(3)], labelled));
        Refuses("failure-domain", Ask(state, OperationKind.Maintenance, [T1, T2], labelled));
        var away = state.Move((1, AdminState.Out));
        Refuses("failure-domain", Ask(away, OperationKind.Maintenance, [T2], labelled with { Epoch = away.Newest.Number }));
    }

    [Fact]
    public void A_guard_is_overridden_by_its_name_and_only_that_one()
    {
        var state = OperationWorld.Serving(2);
        Refuses("last-target", Ask(state, OperationKind.Maintenance, [T1, T2], null, "voters"));
        Agrees(Ask(state, OperationKind.Maintenance, [T1, T2], null, "last-target"));
        Assert.Equal(10, GuardList.Names.Distinct().Count());
    }

    private static StoreError? Ask(ClusterState state, OperationKind kind, ImmutableArray<NodeId> nodes, OperationFacts? facts = null, params string[] force) =>
        new StartOperation(kind, nodes)
        {
            Facts = facts ?? new OperationWorld(state).Observe().Facts(state),
            Options = new OperationOptions { Force = [.. force] },
        }.Check(state);

    private static OperationFacts Fact(ClusterState state, NodeId node, Func<NodeFact, NodeFact> change)
    {
        var facts = new OperationWorld(state).Observe().Facts(state);
        return facts with { Nodes = [.. facts.Nodes.Select(f => f.Id == node ? change(f) : f)] };
    }

    private static void Refuses(string guard, StoreError? answer)
    {
        Assert.Equal(ErrorCode.PreconditionFailed, answer?.Code);
        Assert.StartsWith($"guard {guard}: ", answer!.Message, StringComparison.Ordinal);
        Assert.Contains($"--force={guard}", answer.Message, StringComparison.Ordinal);
    }

    private static void Agrees(StoreError? answer) => Assert.Null(answer);
}
