using Starling.Core.Names;
using Starling.Core.Wire;
using Starling.Gateway.Lifecycle;
using Starling.Protocol.Identity;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;
using Starling.Tests.Protocol.State;
using Xunit;

namespace Starling.Tests.Gateway;

/// <summary>Who is told in which order when a whole cluster ends, and what an answer leaves to be done.</summary>
public sealed class EndPlanTests
{
    private static readonly EndOrderWire Shutdown = new();
    private static readonly EndOrderWire Keep = new() { Decommission = true };
    private static readonly EndOrderWire Erase = new() { Decommission = true, RemoveUserData = true };

    [Theory]
    [InlineData(1, 1, "target01,target02 | gateway2,gateway3")]
    [InlineData(2, 1, "target01,target02 | gateway3 | gateway1")]
    [InlineData(2, 0, "target01,target02 | gateway1,gateway3")]
    public void Targets_are_told_first_the_leader_late_and_the_gateway_that_was_asked_not_at_all(int asked, int leader, string expected)
    {
        var state = Fold.Formed(gateways: 3).Joined(1, 2);
        Assert.Equal(expected, Text(EndPlan.Of(state, Fold.Gateway(asked), leader == 0 ? null : Fold.Gateway(leader))));
    }

    [Fact]
    public void A_target_that_leads_as_caretaker_is_told_with_the_targets() =>
        Assert.Equal("target01,target02 | gateway2", Text(EndPlan.Of(Fold.Formed(gateways: 2).Joined(1, 2), Fold.Gateway(1), Fold.Target(2))));

    [Fact]
    public void A_gateway_alone_has_nobody_to_tell() => Assert.Empty(EndPlan.Of(Fold.Formed(), Fold.Gateway(1), null).Steps);

    [Fact]
    public void What_was_taken_leaves_nothing_and_a_refusal_always_leaves_the_node()
    {
        var node = Node(stopped: true);
        Assert.Null(new EndAnswer(EndAnswerKind.Taken).Left(node, Erase, null));
        Assert.Equal("why", new EndAnswer(EndAnswerKind.Refused, "why").Left(node, Shutdown, Erase));
    }

    [Fact]
    public void A_node_that_is_gone_is_named_unless_it_is_known_to_have_done_all_that_is_asked()
    {
        var gone = new EndAnswer(EndAnswerKind.Unreachable, "refused");
        Assert.Equal("refused", gone.Left(Node(), Shutdown, null));
        Assert.Null(gone.Left(Node(), Shutdown, Shutdown));
        Assert.Null(gone.Left(Node(), Shutdown, Keep));
        Assert.Null(gone.Left(Node(), Erase, Erase));
        Assert.Null(gone.Left(Node(), Keep, Erase));

        // It stopped, or set its objects aside: what was asked now is not done.
        Assert.Equal("refused", gone.Left(Node(), Keep, Shutdown));
        Assert.Equal("refused", gone.Left(Node(), Erase, Keep));
    }

    [Fact]
    public void A_node_that_stopped_on_record_needs_no_order_to_shut_down_and_one_to_be_decommissioned()
    {
        var gone = new EndAnswer(EndAnswerKind.Unreachable, "refused");
        Assert.Null(gone.Left(Node(stopped: true), Shutdown, null));
        Assert.Equal("refused", gone.Left(Node(stopped: true), Keep, null));
    }

    [Fact]
    public void A_node_that_belongs_to_no_cluster_any_more_is_done_unless_its_objects_should_be_erased_or_it_should_come_back()
    {
        var bare = new EndAnswer(EndAnswerKind.NoMember, "none");
        Assert.Null(bare.Left(Node(), Keep, null));
        Assert.Equal("none", bare.Left(Node(), Erase, null));
        Assert.Null(bare.Left(Node(), Erase, Erase));
        Assert.Equal("none", bare.Left(Node(), Shutdown, null));
    }

    private static NodeEntry Node(bool stopped = false)
    {
        var state = Fold.Formed().Joined(1);
        return (stopped ? state.Apply(new RecordStop(Fold.Target(1), Fold.SessionOf(Fold.Target(1)))) : state).Node(Fold.Target(1))!;
    }

    private static string Text(EndPlan plan) => string.Join(" | ", plan.Steps.Select(step => string.Join(',', step)));
}
