using Starling.Core.Names;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Protocol.Node;
using Xunit;

namespace Starling.Tests.Protocol.Consensus;

public sealed class VoterPlannerTests
{
    private const long Second = 1_000_000_000;
    private const long Now = 10_000 * Second;
    private static readonly Member Self = Of("gateway1");

    private static Member Of(string id, int incarnation = 1) => new(NodeId.Parse(id), new Incarnation((UInt128)incarnation));

    private static VoterView Healthy(string id, int incarnation = 1, long onlineSeconds = 30) =>
        new(Of(id, incarnation), id.StartsWith("gateway", StringComparison.Ordinal), Gone: false, CaughtUp: true, HasAll: true, onlineSeconds * Second, 0);

    private static VoterView Dead(string id, long seconds) => Healthy(id) with { CaughtUp = false, HasAll = false, OnlineForNs = 0, SilentForNs = seconds * Second };

    private static VoterSet Set(params string[] ids) => new([.. ids.Select(i => Of(i)).Order()]);

    private static VoterSet? Plan(VoterSet voters, VoterPlanner? planner = null, bool gatewayLeads = true, params VoterView[] others) =>
        (planner ?? new VoterPlanner()).Plan(voters, Self, gatewayLeads, [.. others], NodeSettings.Default, Now);

    [Fact]
    public void A2_NothingChangesWhileTheSetIsRight() =>
        Assert.Null(Plan(Set("gateway1", "gateway2", "gateway3"), null, true, Healthy("gateway2"), Healthy("gateway3"), Healthy("gateway4")));

    [Fact]
    public void A1_GatewaysComeBeforeTargets()
    {
        var next = Plan(Set("gateway1"), null, true, Healthy("target01"), Healthy("target02"), Healthy("gateway2"));
        Assert.Equal(Set("gateway1", "gateway2"), next);
    }

    [Fact]
    public void A2_OneLearnerIsNotEnoughToLeaveOne() => Assert.Null(Plan(Set("gateway1"), null, true, Healthy("gateway2")));

    [Fact]
    public void A2_AnEvenNumberIsKeptRatherThanRemovingAHealthyVoter()
    {
        Assert.Null(Plan(Set("gateway1", "gateway2"), null, true, Healthy("gateway2")));
        Assert.Null(Plan(Set("gateway1", "gateway2", "gateway3", "gateway4"), null, true, Healthy("gateway2"), Healthy("gateway3"), Healthy("gateway4")));
    }

    [Fact]
    public void A2_ADeadVoterStaysWithoutAReadySuccessor() =>
        Assert.Null(Plan(Set("gateway1", "gateway2", "gateway3"), null, true, Healthy("gateway2"), Dead("gateway3", 1000)));

    [Fact]
    public void A2_ADeadVoterIsReplacedAfterSixtySecondsByAddingFirst()
    {
        var voters = Set("gateway1", "gateway2", "gateway3");
        Assert.Null(Plan(voters, null, true, Healthy("gateway2"), Dead("gateway3", 59), Healthy("gateway4")));
        var added = Plan(voters, null, true, Healthy("gateway2"), Dead("gateway3", 60), Healthy("gateway4"));
        Assert.Equal(Set("gateway1", "gateway2", "gateway3", "gateway4"), added);
        Assert.Equal(Set("gateway1", "gateway2", "gateway4"), Plan(added!, null, true, Healthy("gateway2"), Dead("gateway3", 60), Healthy("gateway4")));
    }

    [Fact]
    public void A2_AtMostOneReplacementPerThirtySeconds()
    {
        var planner = new VoterPlanner();
        var voters = Set("gateway1", "gateway2", "gateway3");
        VoterView[] others = [Healthy("gateway2"), Dead("gateway3", 60), Healthy("gateway4")];
        Assert.NotNull(planner.Plan(voters, Self, true, [.. others], NodeSettings.Default, Now));
        Assert.Null(planner.Plan(voters, Self, true, [.. others], NodeSettings.Default, Now + (29 * Second)));
        Assert.NotNull(planner.Plan(voters, Self, true, [.. others], NodeSettings.Default, Now + (30 * Second)));
    }

    [Fact]
    public void A2_AWipedVoterMakesRoomForItsNewIncarnation()
    {
        var voters = Set("gateway1", "gateway2", "gateway3");
        var gone = Healthy("gateway3") with { Gone = true, CaughtUp = false };
        var reborn = Healthy("gateway3", 2);
        var added = Plan(voters, null, true, Healthy("gateway2"), gone, reborn)!;
        Assert.True(added.Contains(Of("gateway3")) && added.Contains(Of("gateway3", 2)));
        var removed = Plan(added, null, true, Healthy("gateway2"), gone, reborn)!;
        Assert.Equal(3, removed.Members.Length);
        Assert.False(removed.Contains(Of("gateway3")));
    }

    [Fact]
    public void A2_AVoterThatIsOutGoesEvenWithoutASuccessor() =>
        Assert.Equal(Set("gateway1", "gateway2"), Plan(Set("gateway1", "gateway2", "gateway3"), null, true, Healthy("gateway2"), Healthy("gateway3") with { Gone = true }));

    [Fact]
    public void A2_AVoterThatIsOutStaysWhileNothingCouldBeDecidedWithoutIt()
    {
        var voters = Set("gateway1", "target01", "target02");
        var silent = Dead("target01", 5);
        var draining = Healthy("target02") with { Gone = true, CaughtUp = false };
        Assert.Null(Plan(voters, null, true, silent, draining));

        // The silent one turns out to be wiped: it goes first, and then the one that is out may go too.
        Assert.Equal(Set("gateway1", "target02"), Plan(voters, null, true, silent with { Gone = true }, draining));
        Assert.Equal(Set("gateway1"), Plan(Set("gateway1", "target02"), null, true, draining));
    }

    [Fact]
    public void A2_AVoterThatIsOutStaysWhileOneOfTheTwoThatRemainHasNotAcknowledgedAllYet()
    {
        var leaving = Healthy("target01") with { Gone = true };
        var justDied = Healthy("target02") with { HasAll = false };
        Assert.Null(Plan(Set("gateway1", "target01", "target02"), null, true, leaving, justDied));
        Assert.Equal(Set("gateway1", "target02"), Plan(Set("gateway1", "target01", "target02"), null, true, leaving, Healthy("target02")));
    }

    [Fact]
    public void A2_ATargetGivesWayToAGatewayThatIsSettled()
    {
        var planner = new VoterPlanner();
        var voters = Set("gateway1", "gateway2", "target01");
        VoterView[] fresh = [Healthy("gateway2"), Healthy("target01"), Healthy("gateway3", onlineSeconds: 599)];
        Assert.Null(planner.Plan(voters, Self, true, [.. fresh], NodeSettings.Default, Now));
        VoterView[] settled = [Healthy("gateway2"), Healthy("target01"), Healthy("gateway3", onlineSeconds: 600)];
        var added = planner.Plan(voters, Self, true, [.. settled], NodeSettings.Default, Now)!;
        Assert.True(added.Contains(Of("gateway3")));
        Assert.Equal(Set("gateway1", "gateway2", "gateway3"), planner.Plan(added, Self, true, [.. settled], NodeSettings.Default, Now));
    }

    [Fact]
    public void A4_ACaretakerAddsGatewaysAndRemovesNobody()
    {
        var self = Of("target01");
        var voters = new VoterSet([.. new[] { Of("gateway1"), self, Of("target02") }.Order()]);
        List<VoterView> others = [Healthy("gateway1") with { Gone = true, CaughtUp = false }, Healthy("target02"), Healthy("target03")];
        Assert.Null(new VoterPlanner().Plan(voters, self, false, others, NodeSettings.Default, Now));
        others.Add(Healthy("gateway1", 2));
        var added = new VoterPlanner().Plan(voters, self, false, others, NodeSettings.Default, Now)!;
        Assert.True(added.Contains(Of("gateway1", 2)));
        Assert.Equal(4, added.Members.Length);
    }

    [Fact]
    public void A2_EveryPlanChangesExactlyOneVoterAndNeverTheLeader()
    {
        var random = new SeededRandom(7);
        string[] ids = ["gateway2", "gateway3", "gateway4", "target01", "target02", "target03"];
        var changes = 0;
        for (var round = 0; round < 5000; round++)
        {
            var voters = Set([.. ids.Where(_ => random.Next(1) == 0).Append("gateway1")]);
            var others = ids.Select(id => random.Next(3) switch
            {
                0 => Dead(id, 100),
                1 => Healthy(id) with { Gone = true, CaughtUp = false },
                _ => Healthy(id, onlineSeconds: 1000),
            }).ToArray();
            if (Plan(voters, null, true, others) is { } next)
            {
                changes++;
                var added = next.Members.Except(voters.Members).ToArray();
                var removed = voters.Members.Except(next.Members).ToArray();
                Assert.Equal(1, added.Length + removed.Length);
                Assert.True(next.Contains(Self));
                Assert.Equal(next.Members.Order(), next.Members);
                Assert.All(added, m => Assert.True(others.First(o => o.Member == m) is { CaughtUp: true, Gone: false }));
            }
        }

        Assert.True(changes > 1000);
    }
}
