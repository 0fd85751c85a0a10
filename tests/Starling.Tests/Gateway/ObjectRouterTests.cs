using System.Collections.Immutable;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Gateway.Routing;
using Starling.Protocol.Identity;
using Starling.Protocol.State;
using Xunit;

namespace Starling.Tests.Gateway;

public sealed class ObjectRouterTests
{
    private static readonly BucketName Bucket = BucketName.Parse(null, null, "b");
    private static readonly ObjectName Name = ObjectName.Parse(Bucket, "o");

    [Fact]
    public void A_live_owner_is_redirected_to_or_forwarded_to()
    {
        var state = State();
        var owner = state.Newest.OwnerOf(Name.Digest);
        var redirect = ObjectRouter.Route(new RouteRequest(Name), state, []);
        Assert.Equal((RouteKind.Redirect, owner), (redirect.Kind, redirect.Owner!.Id));
        Assert.Equal(RouteKind.Forward, ObjectRouter.Route(new RouteRequest(Name, MayRedirect: false), state, []).Kind);
    }

    [Fact]
    public void A16_the_names_of_a_target_that_is_down_are_held_and_then_answered_unreachable()
    {
        var state = State();
        var owner = state.Newest.OwnerOf(Name.Digest);
        var decision = ObjectRouter.Route(new RouteRequest(Name), state, [owner]);
        Assert.Equal(RouteKind.Hold, decision.Kind);
        Assert.Equal(ErrorCode.Unreachable, decision.Error!.Code);
        Assert.NotNull(decision.Error.RetryAfterMs);
        var other = state.Newest.Targets.Single(target => target != owner);
        Assert.Equal(RouteKind.Redirect, ObjectRouter.Route(new RouteRequest(Name), state, [other]).Kind);
    }

    [Fact]
    public void A10_an_absent_bucket_is_confirmed_before_it_is_said()
    {
        var state = State() with { Buckets = ImmutableSortedDictionary<BucketName, BucketEntry>.Empty, AppliedIndex = 7 };
        Assert.Equal(RouteKind.Confirm, ObjectRouter.Route(new RouteRequest(Name), state, []).Kind);
        Assert.Equal(RouteKind.Confirm, ObjectRouter.Route(new RouteRequest(Name, KnownIndex: 8), state, []).Kind);
        var refused = ObjectRouter.Route(new RouteRequest(Name, KnownIndex: 7), state, []);
        Assert.Equal((RouteKind.Refuse, ErrorCode.BucketNotFound), (refused.Kind, refused.Error!.Code));
        Assert.Equal("bucket \"ais://b\" does not exist", refused.Error.Message);
    }

    [Fact]
    public void Before_there_is_a_cluster_or_a_placement_the_answer_is_unavailable()
    {
        Assert.Equal(ErrorCode.Unavailable, ObjectRouter.Route(new RouteRequest(Name), ClusterState.Empty, []).Error!.Code);
        Assert.Equal(ErrorCode.Unavailable, ObjectRouter.Route(new RouteRequest(Name), State() with { Epochs = [PlacementEpoch.Genesis] }, []).Error!.Code);
    }

    [Fact]
    public void Trap01_the_query_of_the_client_comes_first()
    {
        Assert.Equal("http://t:1/v1/objects/b/o?x=%2f&pid=p1&stm=3.9&utm=5", RedirectLocation.Build("http://t:1", "/v1/objects/b/o", "x=%2f", "p1", "3.9", 5));
        Assert.Equal("http://t:1/v1/objects/b/o?pid=p1&stm=3.9&utm=5", RedirectLocation.Build("http://t:1", "/v1/objects/b/o", "", "p1", "3.9", 5));
    }

    [Theory]
    [InlineData("pid=p1&stm=3.9&utm=5", "")]
    [InlineData("x=%2f&pid=p1&stm=3.9&utm=5", "x=%2f&")]
    [InlineData("pid=p1&stm=3.9", "pid=p1&stm=3.9&")]
    [InlineData("stm=3.9&pid=p1&utm=5", "stm=3.9&pid=p1&utm=5&")]
    [InlineData("pid=p1&stm=3.9&utm=5&x=1", "pid=p1&stm=3.9&utm=5&x=1&")]
    [InlineData("xpid=p1&stm=3.9&utm=5", "xpid=p1&stm=3.9&utm=5&")]
    public void B2_a_target_that_redirects_on_says_what_it_has_seen_itself_and_not_what_the_one_before_had_seen(string query, string kept) =>
        Assert.Equal($"http://t:1/v1/objects/b/o?{kept}pid=t2&stm=4.12&utm=6", RedirectLocation.Build("http://t:1", "/v1/objects/b/o", query, "t2", "4.12", 6));

    private static ClusterState State()
    {
        var nodes = ImmutableSortedDictionary<NodeId, NodeEntry>.Empty;
        foreach (var text in (string[])["targAAAA", "targBBBB"])
        {
            var id = NodeId.Parse(text);
            nodes = nodes.Add(id, new NodeEntry(id, NodeRole.Target, default, new NodeAddresses($"http://{text}", "http://c", "http://d")) { State = AdminState.In });
        }

        return ClusterState.Empty with
        {
            ClusterId = "cluster-1",
            Nodes = nodes,
            Epochs = [new PlacementEpoch(1, [.. nodes.Keys], [1, 1])],
            Buckets = ImmutableSortedDictionary<BucketName, BucketEntry>.Empty.Add(Bucket, new BucketEntry(1, Bucket, new BucketProps("{}"), 0)),
        };
    }
}
