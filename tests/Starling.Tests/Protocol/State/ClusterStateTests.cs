using Starling.Core.Errors;
using Starling.Protocol.Codec;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;
using Xunit;

namespace Starling.Tests.Protocol.State;

public class ClusterStateTests
{
    [Fact]
    public void Forming_names_members_and_first_voters_sorted()
    {
        var state = Fold.Formed(gateways: 3);

        Assert.Equal("8d6wTn4G1", state.ClusterId);
        Assert.Equal([Fold.MemberOf(Fold.Gateway(1)), Fold.MemberOf(Fold.Gateway(2)), Fold.MemberOf(Fold.Gateway(3))], state.Voters.Members.ToArray());
        Assert.All(state.Nodes.Values, n => Assert.Equal(AdminState.In, n.State));
        Assert.Equal(0, state.Newest.Number);
        Assert.Equal(ErrorCode.Conflict, state.Try(new FormCluster("other1234", 1, [])).Outcome.Error?.Code);
    }

    [Fact]
    public void A1_a_gateway_that_may_not_be_elected_is_no_first_voter()
    {
        FoundingMember Member(int n, bool electable) => new(Fold.Gateway(n), NodeRole.Gateway, Fold.IncarnationOf(Fold.Gateway(n)), Fold.AddressesOf(Fold.Gateway(n)), electable);

        Assert.Equal([Fold.MemberOf(Fold.Gateway(2))], new FormCluster("8d6wTn4G1", 1, [Member(1, false), Member(2, true)]).FirstVoters().Members.ToArray());
        Assert.Equal(ErrorCode.Invalid, ClusterState.Empty.Try(new FormCluster("8d6wTn4G1", 1, [Member(1, false)])).Outcome.Error?.Code);
        Assert.Equal(ErrorCode.Invalid, ClusterState.Empty.Try(new FormCluster("8d6wTn4G1", 1, [Member(1, true), Member(1, true)])).Outcome.Error?.Code);
        Assert.Equal(ErrorCode.Invalid, ClusterState.Empty.Try(new FormCluster(string.Empty, 1, [Member(1, true)])).Outcome.Error?.Code);
        Assert.Equal(ErrorCode.Invalid, ClusterState.Empty.Try(new FormCluster("8d6wTn4G1", 1, [Member(1, true)]) { Config = new ClusterConfig("[]") }).Outcome.Error?.Code);
    }

    [Fact]
    public void A_voters_entry_replaces_the_voters_and_nothing_else()
    {
        var state = Fold.Formed();
        var voters = new VoterSet([Fold.MemberOf(Fold.Gateway(1)), Fold.MemberOf(Fold.Gateway(2))]);

        var (next, outcome) = state.ApplyEntry(new LogEntry(state.AppliedIndex + 1, 2, EntryKind.Voters, Voters: voters));

        Assert.Null(outcome.Error);
        Assert.Equal(voters, next.Voters);
        Assert.Equal(StateCodec.Encode(state with { Voters = voters, AppliedIndex = next.AppliedIndex, AppliedTerm = 2 }), StateCodec.Encode(next));
    }

    [Fact]
    public void An_entry_out_of_order_is_a_bug_of_the_caller()
    {
        var state = Fold.Formed();
        Assert.Throws<InvalidOperationException>(() => state.ApplyEntry(new LogEntry(state.AppliedIndex + 2, 1, EntryKind.Noop)));
    }

    [Fact]
    public void The_smap_version_jumps_by_100_with_the_leader_and_by_1_with_a_member()
    {
        var first = Fold.Formed(gateways: 2).Lead(Fold.Gateway(1), term: 1);
        var second = first.Lead(Fold.Gateway(2), term: 2);
        var same = second.Lead(Fold.Gateway(2), term: 3);
        var joined = same.Apply(Fold.Admission(Fold.Target(1)));

        Assert.Equal(101, first.Versions.Smap);
        Assert.Equal(201, second.Versions.Smap);
        Assert.Equal(201, same.Versions.Smap);
        Assert.Equal(202, joined.Versions.Smap);
        Assert.Equal(3, same.Leader!.Term);
    }

    [Fact]
    public void A4_a_target_that_leads_is_no_gateway_leader()
    {
        var state = Fold.Serving(1);
        Assert.False(state.Lead(Fold.Target(1), term: 2).Leader!.IsGateway);
        Assert.True(state.Lead(Fold.Gateway(1), term: 2).Leader!.IsGateway);
    }

    [Fact]
    public void A4_a_leader_elected_before_the_members_were_named_is_a_gateway_once_they_are()
    {
        var state = ClusterState.Empty.Lead(Fold.Gateway(1), term: 1);
        Assert.False(state.Leader!.IsGateway);
        var member = new FoundingMember(Fold.Gateway(1), NodeRole.Gateway, Fold.IncarnationOf(Fold.Gateway(1)), Fold.AddressesOf(Fold.Gateway(1)));
        Assert.True(state.Apply(new FormCluster("8d6wTn4G1", 1, [member])).Leader!.IsGateway);
    }

    [Fact]
    public void A4_a_caretaker_may_commit_sessions_and_fences_and_admit_gateways_and_nothing_else()
    {
        var id = Fold.Target(1);
        Command[] allowed =
        [
            Fold.Session(id),
            new RecordStop(id, Fold.SessionOf(id)),
            new MarkFenced(id, Fold.SessionOf(id), 1, FenceGround.Reported),
            new AdmitNode(Fold.Gateway(2), NodeRole.Gateway, Fold.IncarnationOf(Fold.Gateway(2)), Fold.AddressesOf(Fold.Gateway(2))),
        ];
        Command[] forbidden =
        [
            Fold.Admission(id), Fold.Activation(ClusterState.Empty, 1), new MarkClean(id, Fold.SessionOf(id), 1),
            new CreateBucket(Fold.Bucket(), string.Empty, 1), new DestroyBucket(Fold.Bucket(), 1), new SetBucketProps(Fold.Bucket(), 1, "{}"),
            new ResetBucketProps(Fold.Bucket(), 1), new SetConfig("{}", 0), new ResetConfig(0), new SetFeatureLevel(0, 1, []), new FormCluster("x", 1, []),
        ];

        Assert.All(allowed, c => Assert.True(c.AllowedToCaretaker, c.GetType().Name));
        Assert.All(forbidden, c => Assert.False(c.AllowedToCaretaker, c.GetType().Name));
    }

    [Fact]
    public void The_feature_level_rises_only_when_every_member_supports_it()
    {
        var state = Fold.Formed(gateways: 2);

        var (_, refused) = state.Try(new SetFeatureLevel(0, 1, [Fold.Gateway(1)]));
        var raised = state.Apply(new SetFeatureLevel(0, 1, [Fold.Gateway(1), Fold.Gateway(2)]));

        Assert.Contains("gateway2", refused.Error!.Message, StringComparison.Ordinal);
        Assert.Equal(1, raised.FeatureLevel);
        Assert.Equal(ErrorCode.Conflict, raised.Try(new SetFeatureLevel(0, 1, [Fold.Gateway(1), Fold.Gateway(2)])).Outcome.Error?.Code);
    }

    [Theory]
    [InlineData(AdminState.Joining, "In Leaving")]
    [InlineData(AdminState.In, "Draining Out")]
    [InlineData(AdminState.Draining, "In Out")]
    [InlineData(AdminState.Out, "In Draining Leaving")]
    [InlineData(AdminState.Leaving, "")]
    public void A15_the_table_of_administrative_states(AdminState from, string allowed)
    {
        var found = Enum.GetValues<AdminState>().Where(to => AdminStates.MayBecome(from, to)).Select(to => to.ToString());
        Assert.Equal(allowed, string.Join(' ', found));
    }
}
