using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Identity;
using Starling.Protocol.Membership;
using Starling.Protocol.Node;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;
using Starling.Tests.Protocol.Node;
using Starling.Tests.Protocol.State;
using Xunit;

namespace Starling.Tests.Protocol.Membership;

public sealed class FeatureDeskTests
{
    private static readonly NodeSettings Old = NodeSettings.Default with { HighestFeatureLevel = 0 };
    private static readonly NodeSettings New = NodeSettings.Default;

    [Fact]
    public void The_level_rises_by_itself_once_every_member_supports_it_and_not_before()
    {
        var world = World.WithGateways(3, Old);
        world.Run(5);
        Assert.Equal(0, world.Leader!.View.State.FeatureLevel);

        var names = world.Hosts.Keys.ToArray();
        foreach (var name in names)
        {
            Assert.All(world.Hosts.Values, h => Assert.Equal(0, h.View.State.FeatureLevel));
            Update(world, name);
        }

        world.RunUntil(() => world.Hosts.Values.All(h => h.View.State.FeatureLevel == FeatureLevels.Highest), 10, "the level is raised");
    }

    [Fact]
    public void A_member_that_is_silent_holds_the_level_where_it_is()
    {
        var world = World.WithGateways(3, Old);
        var silent = world.Hosts.Values.First(h => h != world.Leader);
        silent.Crash();
        foreach (var name in world.Hosts.Keys.Where(n => n != silent.Name).ToArray())
        {
            Update(world, name);
        }

        world.Run(20);
        Assert.Equal(0, world.Leader!.View.State.FeatureLevel);
        silent.Settings = New;
        silent.Start();
        world.RunUntil(() => world.Leader?.View.State.FeatureLevel == FeatureLevels.Highest, 20, "it is back and supports it");
    }

    [Fact]
    public void A_newcomer_that_supports_less_is_told_to_update_and_joins_when_it_has_been()
    {
        var world = World.WithGateways(3, New);
        world.RunUntil(() => world.Leader?.View.State.FeatureLevel == FeatureLevels.Highest, 10, "the level is raised");
        var late = world.Add("target01", NodeRole.Target, 0, [.. world.Hosts.Keys], start: false);
        late.Settings = Old;
        late.Start();
        world.RunUntil(() => late.View.Waiting?.Contains("supports feature level 0, the cluster uses 1: update its build", StringComparison.Ordinal) == true, 10, "the newcomer is told");
        Assert.Null(world.Leader!.View.State.Node(late.Facts.Id));

        late.Crash();
        late.Settings = New;
        late.Start();
        world.RunUntil(() => late.View.SessionApplied, 10, "the newcomer is in");
    }

    [Fact]
    public void A_level_that_this_build_does_not_know_is_never_proposed_by_it()
    {
        var world = World.WithGateways(3, New);
        var leader = world.Leader!;

        var id = leader.Propose(new SetFeatureLevel(leader.View.State.FeatureLevel, FeatureLevels.Highest + 1, [.. leader.View.State.Nodes.Keys]));
        leader.AwaitAnswer(id);

        Assert.Equal(ErrorCode.Invalid, leader.ErrorOf(id));
        Assert.Contains("is not known", leader.AnswerTo(id)!.Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A11_a_process_that_started_after_it_was_observed_may_be_of_another_build()
    {
        var state = Fold.Formed(gateways: 2);
        var raise = new SetFeatureLevel(0, 1, [.. state.Nodes.Keys]) { SeenIndex = state.AppliedIndex };
        var restarted = state.Apply(new CommitSession(state.Node(Fold.Gateway(2))!.Member, new SessionId(77), state.Node(Fold.Gateway(2))!.Session));

        Assert.Null(state.Try(raise).Outcome.Error);
        Assert.Contains("started again", restarted.Try(raise).Outcome.Error!.Message, StringComparison.Ordinal);
        Assert.Null(restarted.Try(raise with { SeenIndex = restarted.AppliedIndex }).Outcome.Error);
    }

    [Fact]
    public void A_newcomer_is_admitted_only_if_it_supports_what_the_cluster_uses()
    {
        var state = Fold.Formed(gateways: 1).Apply(new SetFeatureLevel(0, 1, [Fold.Gateway(1)]));
        var old = new AdmitNode(Fold.Gateway(2), NodeRole.Gateway, Fold.IncarnationOf(Fold.Gateway(2)), Fold.AddressesOf(Fold.Gateway(2)));

        Assert.Contains("update its build", state.Try(old).Outcome.Error!.Message, StringComparison.Ordinal);
        Assert.Null(state.Try(old with { FeatureLevel = 1 }).Outcome.Error);
    }

    private static void Update(World world, string name)
    {
        var host = world[name];
        host.Crash();
        host.Settings = New;
        host.Start();
        world.RunUntil(() => host.View.SessionApplied && world.Leader is not null, 20, $"{name} is back");
    }
}
