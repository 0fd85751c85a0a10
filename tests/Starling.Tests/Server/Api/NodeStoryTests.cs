using System.Net;
using System.Text.Json;
using Starling.Core.Names;
using Starling.Protocol.Identity;
using Starling.Protocol.Membership;
using Starling.Protocol.State;
using Starling.Tests.Cluster;
using Xunit;

namespace Starling.Tests.Server.Api;

#pragma warning disable CA1001 // xunit disposes through IAsyncLifetime.
/// <summary>Nodes that stop, come back, are erased or die, from the first request to the last answer. Every test has a cluster of its own.</summary>
public sealed class NodeStoryTests : IAsyncLifetime
{
    private readonly LifecycleCluster cluster = new();

    private NodeId Node => cluster.Targets[2].Id;

    public Task InitializeAsync() => cluster.InitializeAsync();

    public Task DisposeAsync() => cluster.DisposeAsync();

    [Fact]
    public async Task S27_T17_a_node_that_was_shut_down_returns_in_two_steps_start_it_then_stop_maintenance()
    {
        var node = Node;
        var host = cluster.Nodes[node];
        var answer = await cluster.ActAsync("shutdown-node", $$"""{"sid":"{{node}}"}""");
        Assert.True(answer is { Status: HttpStatusCode.OK, Rebalance: > 0 }, answer.Text);
        await host.StopRequested.WaitAsync(TestCluster.Patience);

        // Told safe before it goes: nothing is left behind, and it is out.
        Assert.Equal(AdminState.Out, host.View.Current.State.Node(node)!.State);
        Assert.Equal("safe", (await cluster.GetAsync($"/v1/nodes/{node}/safety", gateway: 1)).GetProperty("verdict").GetString());
        await cluster.Nodes.StopAsync(node);
        await cluster.SeenAsync(state => state.Operations.IsEmpty && state.Node(node)!.State == AdminState.Out, "the shutdown over");

        var unreachable = await cluster.ActAsync("stop-maintenance", $$"""{"sid":"{{node}}"}""");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, unreachable.Status);
        Assert.Contains("start it first", unreachable.Message, StringComparison.Ordinal);
        using (var status = await AskStatusAsync(node))
        {
            Assert.Equal(HttpStatusCode.OK, status.StatusCode);
            Assert.Equal("maintenance", JsonSerializer.Deserialize<JsonElement>(await status.Content.ReadAsStringAsync()).GetProperty("status").GetString());
        }

        // A restarted node stays where it was put (T17), and does not obey the old order.
        var again = await cluster.StartAsync(node);
        Assert.False(again.View.Current.Node.StopOrdered);
        await cluster.RestoreAsync();
        Assert.Equal(AdminState.In, cluster.State.Node(node)!.State);
    }

    [Fact]
    public async Task T9_a_node_in_maintenance_is_decommissioned_erases_itself_and_is_no_member_any_more()
    {
        var node = Node;
        var before = cluster.State.Node(node)!.Incarnation;
        await cluster.ActAsync("start-maintenance", $$"""{"sid":"{{node}}"}""");
        await cluster.SeenAsync(state => state.Operations.IsEmpty && state.Node(node)!.State == AdminState.Out, "the target out");
        var answer = await cluster.ActAsync("decommission-node", $$"""{"sid":"{{node}}","rm_user_data":true,"no_shutdown":true}""", gateway: cluster.Follower());
        Assert.Equal(HttpStatusCode.OK, answer.Status);
        await cluster.SeenAsync(state => state.Node(node) is null, "the node removed");
        var task = await cluster.GetAsync($"/v1/tasks/{answer.TaskId}");
        Assert.Contains(task.GetProperty("status").GetString(), (string[])["running", "completed"]);
        Assert.False(task.GetProperty("cancellable").GetBoolean());
        Assert.Equal(HttpStatusCode.NotFound, (await cluster.ActAsync("stop-maintenance", $$"""{"sid":"{{node}}"}""")).Status);

        // Its process goes on running, outside, until it is started again.
        var outside = cluster.Nodes[node];
        var ended = await outside.View.WaitForAsync(now => now.Node.MembershipEnded, "the node to know", TestCluster.Patience, CancellationToken.None);
        Assert.False(outside.StopRequested.IsCompleted);
        Assert.Contains("start it again", ended.Waiting, StringComparison.Ordinal);
        await cluster.Nodes.StopAsync(node);
        await JoinAgainAsync(node, before);
    }

    [Fact]
    public async Task T18_a_dead_node_is_removed_with_its_loss_on_record_once_it_is_attested_off()
    {
        var node = Node;
        await cluster.Nodes.CrashAsync(node);
        var refused = await cluster.ActAsync("rm-unsafe", $$"""{"sid":"{{node}}"}""");
        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
        await cluster.Leader().View.WaitForAsync(
            now => !now.IsLeading || now.Liveness.Any(member => member.Id == node && member.Control != Liveness.Online), "the leader to miss the dead node", TestCluster.Patience, CancellationToken.None);
        using var removed = await cluster.SendAsync(HttpMethod.Post, $"/v1/nodes/{node}/actions/remove", """{"reason":"burnt"}""", gateway: 1);
        Assert.True(removed.StatusCode == HttpStatusCode.Accepted, $"{removed.StatusCode}: {await removed.Content.ReadAsStringAsync()}");
        await cluster.SeenAsync(state => state.Node(node)!.State != AdminState.In, "the dead node out of placement");
        using var attested = await cluster.SendAsync(HttpMethod.Post, $"/v1/nodes/{node}/actions/attest_off", """{"requested_by":"someone who pulled the plug"}""");
        Assert.True(attested.IsSuccessStatusCode, await attested.Content.ReadAsStringAsync());
        await cluster.SeenAsync(state => state.Node(node) is null && state.Operations.IsEmpty, "the dead node removed");
        var journal = (await cluster.GetAsync("/v1/journal")).EnumerateArray().Select(entry => $"{entry.GetProperty("who").GetString()}: {entry.GetProperty("what").GetString()} ({entry.GetProperty("why").GetString()})").ToList();
        Assert.Contains(journal, line => line.Contains("declared lost", StringComparison.Ordinal));
        Assert.Contains(journal, line => line.StartsWith("someone who pulled the plug", StringComparison.Ordinal) && line.Contains("attested off", StringComparison.Ordinal));
        Assert.Contains(journal, line => line.EndsWith("(burnt)", StringComparison.Ordinal));
    }

    [Fact]
    public async Task S24_a_full_bucket_stays_whole_when_a_target_is_decommissioned_ends_bare_and_joins_again_in_the_same_directory()
    {
        using var bucket = await StoryBucket.CreateAsync(cluster, "full", objects: 60);
        var node = Node;
        var before = cluster.State.Node(node)!.Incarnation;
        var answer = await cluster.ActAsync("decommission-node", $$"""{"sid":"{{node}}","rm_user_data":true}""");
        Assert.True(answer is { Status: HttpStatusCode.OK, Rebalance: > 0 }, answer.Text);
        await EndAsync(node);
        await bucket.CompareAsync("it is no member any more");
        Assert.Empty(Marked(node));

        await JoinAgainAsync(node, before);
        Assert.Contains(bucket.Objects.Keys, name => bucket.OwnerOf(name) == node);
        await bucket.CompareAsync("it joined again");
        Assert.Equal(2, Marked(node).Length);
        Assert.Empty(SetAside(node));
    }

    [Fact]
    public async Task S23_a_target_given_up_by_force_keeps_its_files_and_joins_again_with_them_set_aside_for_good()
    {
        using var bucket = await StoryBucket.CreateAsync(cluster, "given-up", objects: 60);
        var node = Node;
        var before = cluster.State.Node(node)!.Incarnation;
        var lost = bucket.Objects.Keys.Where(name => bucket.OwnerOf(name) == node).ToArray();
        Assert.NotEmpty(lost);
        var refused = await cluster.ActAsync("decommission-node", $$"""{"sid":"{{node}}","skip_rebalance":true}""");
        Assert.Equal(HttpStatusCode.PreconditionFailed, refused.Status);
        Assert.StartsWith("guard redundancy:", refused.Message, StringComparison.Ordinal);
        var forced = await cluster.ActAsync("decommission-node", $$"""{"sid":"{{node}}","skip_rebalance":true,"force":["redundancy"]}""");
        Assert.True(forced.Status == HttpStatusCode.OK, forced.Text);
        await EndAsync(node);
        Assert.Equal(2, Marked(node).Length);
        foreach (var name in lost)
        {
            bucket.Objects.Remove(name);
        }

        await bucket.CompareAsync("its objects were given up");
        using var gone = await bucket.SendAsync(HttpMethod.Get, lost[0]);
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);

        // The same disks, the same id, a new member: what it held in its earlier life is there to be looked at, and is nobody's object any more.
        await JoinAgainAsync(node, before);
        Assert.Equal(node, bucket.OwnerOf(lost[0]));
        await bucket.CompareAsync("it joined again with its old files");
        using var stillGone = await bucket.SendAsync(HttpMethod.Get, lost[0]);
        Assert.Equal(HttpStatusCode.NotFound, stillGone.StatusCode);
        Assert.Equal(lost.Length, SetAside(node).Length);
        await bucket.PutAsync(lost[0], StoryBucket.Body(7));
        await bucket.CompareAsync("one of its names was written anew");
    }

    [Fact]
    public async Task S32_two_targets_are_decommissioned_by_one_command_one_rebalance_and_leave_together()
    {
        using var bucket = await StoryBucket.CreateAsync(cluster, "two-less", objects: 45);
        var nodes = new[] { cluster.Targets[1].Id, cluster.Targets[2].Id };
        var rebalances = cluster.State.Versions.Rmd;
        var answer = await cluster.ActAsync("decommission-node", $"{{{LifecycleCluster.Sids(nodes)},\"no_shutdown\":true}}");
        Assert.True(answer.Text == $"g{rebalances + 1}", answer.Text);
        await cluster.SeenAsync(state => state.Operations.IsEmpty && nodes.All(node => state.Node(node) is null), "both removed");
        Assert.Equal(rebalances + 1, cluster.State.Versions.Rmd);
        Assert.Equal("completed", (await cluster.GetAsync($"/v1/tasks/{answer.TaskId}")).GetProperty("status").GetString());
        await bucket.CompareAsync("one target is left");
    }

    // It erased itself, its process is over.
    private async Task EndAsync(NodeId node)
    {
        await cluster.SeenAsync(state => state.Node(node) is null && state.Operations.IsEmpty, "the node removed");
        await cluster.Nodes[node].StopRequested.WaitAsync(TestCluster.Patience);
        await cluster.Nodes.StopAsync(node);
        await cluster.EverybodyAsync(now => now.State.Node(node) is null && now.State.Operations.IsEmpty, "the node removed");
    }

    // Started again with the same data directory, by the same command.
    private async Task JoinAgainAsync(NodeId node, Incarnation before)
    {
        var host = await cluster.StartAsync(node);
        Assert.NotEqual(before, host.View.Current.Self.Incarnation);
        await cluster.EverybodyAsync(now => now.State.Node(node)?.State == AdminState.In && now.State.Operations.IsEmpty && now.State.IsConverged, "the node in service and everything in its place");
        Assert.Equal(host.View.Current.Self.Incarnation, cluster.State.Node(node)!.Incarnation);
    }

    // Mountpaths of a target that carry the mark of their owner.
    private string[] Marked(NodeId node) => [.. Mountpaths(node).Where(path => Files(path).Any(file => file.EndsWith("/.starling/identity", StringComparison.Ordinal)))];

    // Files on the mountpaths of a target that it brought along from another life.
    private string[] SetAside(NodeId node) => [.. Mountpaths(node).SelectMany(Files).Where(file => file.Contains("/.starling/quarantine/", StringComparison.Ordinal))];

    private IEnumerable<string> Mountpaths(NodeId node) => cluster.Nodes.Plans.Single(plan => plan.Id == node).Mountpaths.Where(Directory.Exists);

    private static IEnumerable<string> Files(string path) => Directory.EnumerateFiles(path, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 });

    private async Task<HttpResponseMessage> AskStatusAsync(NodeId node)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        using var request = new HttpRequestMessage(HttpMethod.Get, cluster.Url(0) + "/v1/reverse/daemon?what=node_status");
        request.Headers.Add("Ais-Node-Id", node.Value);
        return await http.SendAsync(request);
    }
}
