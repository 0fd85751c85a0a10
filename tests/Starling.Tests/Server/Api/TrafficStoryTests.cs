using System.Net;
using Starling.Core.Names;
using Starling.Protocol.State;
using Starling.Tests.Cluster;
using Xunit;

namespace Starling.Tests.Server.Api;

/// <summary>Clients at work while targets leave and return. The numbers are those of docs/lifecycle-coverage.md.</summary>
public sealed class TrafficStoryTests(LifecycleCluster cluster) : IClassFixture<LifecycleCluster>, IAsyncLifetime
{
    private NodeId Target(int n) => cluster.Targets[n].Id;

    public Task InitializeAsync() => cluster.RestoreAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task S21_maintenance_of_a_target_and_of_a_gateway_goes_on_and_off_and_a_repeated_off_changes_nothing()
    {
        var gateway = cluster.Gateways[cluster.Follower()].Id;
        foreach (var (node, force) in (IEnumerable<(NodeId, string)>)[(Target(0), "[]"), (gateway, """["voters"]""")])
        {
            var on = await cluster.ActAsync("start-maintenance", $$"""{"sid":"{{node}}","force":{{force}}}""");
            Assert.True(on.Status == HttpStatusCode.OK, on.Text);
            await cluster.EverybodyAsync(now => now.State.Operations.IsEmpty && now.State.Node(node)!.State == AdminState.Out, "the node out");
            var off = await cluster.ActAsync("stop-maintenance", $$"""{"sid":"{{node}}"}""", gateway: 1);
            Assert.True(off.Status == HttpStatusCode.OK, off.Text);
            await cluster.EverybodyAsync(now => now.State.Operations.IsEmpty && now.State.Node(node)!.State == AdminState.In, "the node in");
            var before = cluster.State;
            var again = await cluster.ActAsync("stop-maintenance", $$"""{"sid":"{{node}}"}""");
            Assert.Equal((HttpStatusCode.OK, string.Empty, string.Empty), (again.Status, again.Text, again.TaskId));
            Assert.Equal((before.Versions, before.FinishedOperations.Count), (cluster.State.Versions, cluster.State.FinishedOperations.Count));
        }

        Assert.Equal(HttpStatusCode.BadRequest, (await cluster.ActAsync("start-maintenance", """{"sid":"not an id"}""")).Status);
    }

    [Fact]
    public async Task S22_S49_S50_listings_of_every_form_are_the_same_before_during_and_after_a_change()
    {
        using var bucket = await StoryBucket.CreateAsync(cluster, "listed", objects: 60);
        var quiet = await bucket.ListAsync();
        Assert.Equal(bucket.Objects.Keys, quiet);
        var (firstPage, token) = await bucket.PageAsync(string.Empty, 7);
        cluster.HoldPasses = true;
        await cluster.ActAsync("start-maintenance", $$"""{"sid":"{{Target(0)}}"}""");
        await cluster.EverybodyAsync(now => !now.State.Newest.Contains(Target(0)), "an epoch without the target");

        // Begun before the change and gone on with after it; an old page asked for again.
        var (secondPage, next) = await bucket.PageAsync(token, 7);
        Assert.Equal(quiet.Take(14), firstPage.Concat(secondPage));
        await SameAsync(bucket, quiet);
        Assert.Equal(secondPage, (await bucket.PageAsync(token, 7)).Names);
        cluster.HoldPasses = false;
        await cluster.EverybodyAsync(now => now.State.Operations.IsEmpty, "the target out");
        Assert.Equal(secondPage, (await bucket.PageAsync(token, 7)).Names);
        Assert.Equal(quiet.Skip(14).Take(7), (await bucket.PageAsync(next, 7)).Names);
        await SameAsync(bucket, quiet);
        await cluster.RestoreAsync();
        await SameAsync(bucket, quiet);
    }

    [Fact]
    public async Task S25_S26_S44_S45_S53_nobody_notices_that_a_target_leaves_and_returns_with_its_data()
    {
        using var bucket = await StoryBucket.CreateAsync(cluster, "busy", objects: 60);
        await bucket.UnderLoadAsync(async () =>
        {
            foreach (var node in (NodeId[])[Target(0), Target(1)])
            {
                var away = await cluster.ActAsync("start-maintenance", $$"""{"sid":"{{node}}"}""");
                Assert.True(away.Status == HttpStatusCode.OK, away.Text);
                await cluster.EverybodyAsync(now => now.State.Operations.IsEmpty && now.State.Node(node)!.State == AdminState.Out, "the target out");
                await bucket.CompareAsync("one target is away");
                var back = await cluster.ActAsync("stop-maintenance", $$"""{"sid":"{{node}}"}""", gateway: 1);
                Assert.True(back.Status == HttpStatusCode.OK, back.Text);

                // At the moment in which it owns names again and has nothing yet.
                await bucket.CompareAsync("it comes back");
                await cluster.EverybodyAsync(now => now.State.Operations.IsEmpty && now.State.Node(node)!.State == AdminState.In, "the target in");
            }
        });
        await bucket.CompareAsync("everybody is back");
    }

    [Fact]
    public async Task S39_S43_S46_targets_go_and_come_back_over_and_over_without_rebalance_and_the_objects_stay_the_same()
    {
        using var bucket = await StoryBucket.CreateAsync(cluster, "flapping", objects: 45);
        await bucket.UnderLoadAsync(async () =>
        {
            for (var round = 0; round < 6; round++)
            {
                var asked = $$"""{"sid":"{{Target(round % 3)}}","skip_rebalance":true}""";
                foreach (var action in (string[])["start-maintenance", "stop-maintenance"])
                {
                    var answer = await cluster.ActAsync(action, asked, gateway: round % 3);
                    Assert.True(answer.Status == HttpStatusCode.OK, answer.Text);
                    await cluster.EverybodyAsync(now => now.State.Operations.IsEmpty, "the operation over");
                }
            }
        });
        await bucket.CompareAsync("after six absences");

        // One rebalance for all that was skipped; afterwards nothing is out of place, and another one moves nothing.
        await RebalanceAsync();
        Assert.True(cluster.State.IsConverged);
        await bucket.CompareAsync("after the rebalance");
        var again = await RebalanceAsync();
        var moved = (await cluster.GetAsync($"/v1/rebalance/{again}")).GetProperty("targets").EnumerateArray().Sum(target => target.GetProperty("sent_objects").GetInt64());
        Assert.Equal(0, moved);
    }

    [Fact]
    public async Task S28_S31_two_targets_are_shut_down_by_one_command_listings_stay_whole_and_both_return_together()
    {
        using var bucket = await StoryBucket.CreateAsync(cluster, "two-off", objects: 45);
        var (one, other) = (Target(1), Target(2));
        var hosts = new[] { cluster.Nodes[one], cluster.Nodes[other] };
        var rebalances = cluster.State.Versions.Rmd;
        var off = await cluster.ActAsync("shutdown-node", $"{{{LifecycleCluster.Sids(one, other)}}}");
        Assert.True(off.Text == $"g{rebalances + 1}", off.Text);
        var ordered = Task.WhenAll(hosts.Select(host => host.StopRequested)).WaitAsync(TestCluster.Patience);
        do
        {
            Assert.Equal(bucket.Objects.Keys, await bucket.ListAsync(pageSize: 10));
        }
        while (!ordered.IsCompleted);
        await ordered;
        await cluster.Nodes.StopAsync(one);
        await cluster.Nodes.StopAsync(other);
        await cluster.EverybodyAsync(now => now.State.Operations.IsEmpty, "the shutdown over");
        Assert.All([one, other], node => Assert.Equal(AdminState.Out, cluster.State.Node(node)!.State));
        Assert.Equal(rebalances + 1, cluster.State.Versions.Rmd);
        await bucket.CompareAsync("two of three are off");

        await Task.WhenAll(cluster.StartAsync(one), cluster.StartAsync(other));
        var back = await cluster.ActAsync("stop-maintenance", $"{{{LifecycleCluster.Sids(one, other)}}}");
        Assert.True(back.Text == $"g{rebalances + 2}", back.Text);
        await cluster.EverybodyAsync(now => now.State.Operations.IsEmpty && now.State.IsConverged, "both back");
        Assert.Equal(rebalances + 2, cluster.State.Versions.Rmd);
        await bucket.CompareAsync("both are back");
    }

    [Fact]
    public async Task S33_busy_is_said_by_every_leader_and_ends_with_the_operation()
    {
        cluster.HoldPasses = true;
        var first = await cluster.ActAsync("start-maintenance", $$"""{"sid":"{{Target(0)}}"}""");
        var leader = cluster.Leader();
        var next = cluster.Gateways.First(gateway => gateway.Id != leader.Id).Id;
        await leader.View.WaitForAsync(now => now.Node.Voters.Members.Any(member => member.Id == next), "another gateway to vote", TestCluster.Patience, CancellationToken.None);
        await leader.Runtime.Proposer.TransferLeadershipAsync(next, TestCluster.Patience, CancellationToken.None);
        await cluster.Nodes.WaitForLeaderAsync(id => id != leader.Id);
        foreach (var action in (string[])["start-maintenance", "shutdown-node", "decommission-node"])
        {
            var busy = await cluster.ActAsync(action, $$"""{"sid":"{{Target(1)}}"}""", gateway: 2);
            Assert.Equal((HttpStatusCode.Conflict, "ErrBusy"), (busy.Status, busy.Code));
            Assert.Contains($"rebalance[{first.Text}]", busy.Message, StringComparison.Ordinal);
        }

        cluster.HoldPasses = false;
        await cluster.EverybodyAsync(now => now.State.Operations.IsEmpty, "the operation over");
        Assert.Equal(HttpStatusCode.OK, (await cluster.ActAsync("start-maintenance", $$"""{"sid":"{{Target(1)}}"}""", gateway: 2)).Status);
    }

    [Fact]
    public async Task S47_a_second_rebalance_while_one_runs_is_the_same_one_and_numbers_grow()
    {
        using var bucket = await StoryBucket.CreateAsync(cluster, "twice", objects: 30);
        cluster.HoldPasses = true;
        var first = await cluster.ActAsync("start", """{"Kind":"rebalance"}""");
        var second = await cluster.ActAsync("start", """{"Kind":"rebalance"}""", gateway: 1);
        Assert.Equal((first.Status, first.Text), (second.Status, second.Text));
        await bucket.CompareAsync("a rebalance runs");
        cluster.HoldPasses = false;
        await cluster.EverybodyAsync(now => now.State.Operations.IsEmpty, "the rebalance over");
        Assert.True((await RebalanceNumberAsync()) > first.Rebalance);
        Assert.Single(cluster.State.FinishedOperations, operation => operation.RebalanceId == first.Rebalance);
    }

    [Fact]
    public async Task S52_deletes_of_a_range_beside_puts_and_a_leaving_target_leave_exactly_the_rest()
    {
        using var bucket = await StoryBucket.CreateAsync(cluster, "ranges", objects: 60);
        var leave = cluster.ActAsync("start-maintenance", $$"""{"sid":"{{Target(2)}}"}""");
        var deletes = Task.WhenAll(bucket.Objects.Keys.Where((_, i) => i % 2 == 0).ToArray().Select(bucket.DeleteAsync));
        var puts = Task.WhenAll(Enumerable.Range(100, 40).Select(i => bucket.PutAsync($"new/o{i}", StoryBucket.Body(i))));
        Assert.Equal(HttpStatusCode.OK, (await leave).Status);
        await deletes;
        await puts;
        await cluster.EverybodyAsync(now => now.State.Operations.IsEmpty, "the target out");
        Assert.Equal(70, bucket.Objects.Count);
        await bucket.CompareAsync("half of it was deleted");
        await cluster.RestoreAsync();
        await bucket.CompareAsync("the target is back");
    }

    private static async Task SameAsync(StoryBucket bucket, List<string> quiet)
    {
        foreach (var pageSize in (int[])[0, 1, 9, 59, 60, 61])
        {
            Assert.Equal(quiet, await bucket.ListAsync(pageSize));
        }

        Assert.Equal(quiet.Where(name => name.StartsWith("d1/o", StringComparison.Ordinal)), await bucket.ListAsync(4, "d1/o"));
    }

    private async Task<long> RebalanceNumberAsync()
    {
        var started = await cluster.ActAsync("start", """{"Kind":"rebalance"}""");
        Assert.True(started is { Status: HttpStatusCode.OK, Rebalance: > 0 }, started.Text);
        await cluster.EverybodyAsync(now => now.State.Operations.IsEmpty, "the rebalance over");
        return started.Rebalance;
    }

    private async Task<string> RebalanceAsync() => $"g{await RebalanceNumberAsync()}";
}
