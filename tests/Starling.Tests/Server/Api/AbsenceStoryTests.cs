using System.Net;
using System.Text.Json;
using Starling.Core.Names;
using Starling.Protocol.State;
using Xunit;

namespace Starling.Tests.Server.Api;

/// <summary>What happens while a target is away, and what it finds when it is back. The numbers are those of docs/lifecycle-coverage.md.</summary>
public sealed class AbsenceStoryTests(LifecycleCluster cluster) : IClassFixture<LifecycleCluster>, IAsyncLifetime
{
    private NodeId Target(int n) => cluster.Targets[n].Id;

    public Task InitializeAsync() => cluster.RestoreAsync();

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task S35_what_only_a_dead_target_holds_is_503_and_named_everything_else_is_served_and_nothing_is_lost()
    {
        using var bucket = await StoryBucket.CreateAsync(cluster, "at-risk", objects: 30);
        var node = Target(0);
        var held = bucket.OwnedBy(node).First();
        await bucket.PutAsync(held, [1, 2, 3]);
        var before = bucket.Objects.Keys.ToDictionary(name => name, bucket.OwnerOf);
        await OutAsync(node, quietly: true);
        await cluster.Nodes.CrashAsync(node);

        var verdict = await cluster.GetAsync($"/v1/nodes/{node}/safety");
        Assert.Equal("unsafe", verdict.GetProperty("verdict").GetString());
        using (var read = await bucket.SendAsync(HttpMethod.Get, held))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, read.StatusCode);
            Assert.NotNull(read.Headers.RetryAfter);
            Assert.Contains(node.Value, await read.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        using (var created = await bucket.SendAsync(HttpMethod.Put, held, [9], ifNoneMatch: "*"))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, created.StatusCode);
        }

        var explained = await cluster.GetAsync($"/v1/explain/{bucket.Name}/{held}");
        Assert.Contains("503, never 404", explained.GetProperty("answer").GetString(), StringComparison.Ordinal);
        foreach (var name in before.Where(pair => pair.Value != node).Select(pair => pair.Key).Take(10))
        {
            using var answer = await bucket.SendAsync(HttpMethod.Get, name);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }

        await cluster.StartAsync(node);
        await bucket.CompareAsync("the dead target runs again");
        await cluster.RestoreAsync();
        await bucket.CompareAsync("it is in service again");
    }

    [Fact]
    public async Task S37_a_bucket_that_was_made_while_a_target_was_away_works_on_it_at_once()
    {
        var node = Target(1);
        await OutAsync(node, quietly: true);
        await cluster.Nodes.StopAsync(node);
        using var bucket = await StoryBucket.CreateAsync(cluster, "made-meanwhile", objects: 12);
        await cluster.StartAsync(node);
        var back = await cluster.ActAsync("stop-maintenance", $$"""{"sid":"{{node}}"}""");
        Assert.True(back.Status == HttpStatusCode.OK, back.Text);
        await bucket.CompareAsync("the target is back");
        foreach (var name in bucket.OwnedBy(node).Take(3).ToArray())
        {
            await bucket.PutAsync(name, [4, 5]);
        }

        await bucket.CompareAsync("it stores objects of a bucket that it did not know");
        await cluster.EverybodyAsync(now => now.State.Operations.IsEmpty && now.State.IsConverged, "everything in its place");
        await bucket.CompareAsync("after the rebalance");
    }

    [Fact]
    public async Task S38_S42_two_targets_return_one_after_the_other_while_buckets_are_made_and_objects_read()
    {
        using var bucket = await StoryBucket.CreateAsync(cluster, "both-away", objects: 30);
        var answer = await cluster.ActAsync("start-maintenance", $"{{{LifecycleCluster.Sids(Target(0), Target(1))}}}");
        Assert.True(answer.Status == HttpStatusCode.OK, answer.Text);
        await cluster.EverybodyAsync(now => now.State.Operations.IsEmpty, "both out");
        foreach (var i in Enumerable.Range(200, 30))
        {
            await bucket.PutAsync($"meanwhile/o{i}", StoryBucket.Body(i));
        }

        var made = Task.WhenAll(Enumerable.Range(0, 6).Select(n => StoryBucket.CreateAsync(cluster, $"beside-{n}", objects: 3)));
        var first = await cluster.ActAsync("stop-maintenance", $$"""{"sid":"{{Target(0)}}","skip_rebalance":true}""");
        Assert.True(first.Status == HttpStatusCode.OK, first.Text);
        await bucket.CompareAsync("one is back");
        await cluster.SeenAsync(state => state.Operations.IsEmpty, "the first one in");
        var second = await cluster.ActAsync("stop-maintenance", $$"""{"sid":"{{Target(1)}}"}""", gateway: 1);
        Assert.True(second is { Status: HttpStatusCode.OK, Rebalance: > 0 }, second.Text);
        await bucket.CompareAsync("both are back");
        foreach (var beside in await made)
        {
            await beside.CompareAsync("made while they came back");
            beside.Dispose();
        }

        await cluster.EverybodyAsync(now => now.State.Operations.IsEmpty && now.State.IsConverged, "everything in its place");
        await bucket.CompareAsync("after the one rebalance");
    }

    [Fact]
    public async Task S40_a_target_that_was_away_for_long_shows_nothing_of_what_it_remembers()
    {
        using var bucket = await StoryBucket.CreateAsync(cluster, "long-away", objects: 30);
        using var again = await StoryBucket.CreateAsync(cluster, "made-again", objects: 15);
        var node = Target(2);
        await OutAsync(node, quietly: false);
        await cluster.Nodes.StopAsync(node);
        var names = bucket.Objects.Keys.ToArray();
        for (var i = 0; i < names.Length; i++)
        {
            await (i % 3 == 0 ? bucket.DeleteAsync(names[i]) : i % 3 == 1 ? bucket.PutAsync(names[i], StoryBucket.Body(500 + i)) : Task.CompletedTask);
        }

        await again.DestroyAsync();
        await again.MakeAsync();
        await again.PutAsync("d0/o000", [7]);
        using (var props = await cluster.SendAsync(HttpMethod.Patch, $"/v1/buckets/{bucket.Name}", """{"action":"set-bprops","name":"","value":{"checksum":{"type":"sha256"}}}"""))
        {
            Assert.True(props.IsSuccessStatusCode, await props.Content.ReadAsStringAsync());
        }

        await cluster.StartAsync(node);
        await bucket.CompareAsync("it runs again");
        var back = await cluster.ActAsync("stop-maintenance", $$"""{"sid":"{{node}}"}""");
        Assert.True(back.Status == HttpStatusCode.OK, back.Text);
        await bucket.CompareAsync("it owns names again");
        await again.CompareAsync("the other bucket was destroyed and made again");
        await cluster.EverybodyAsync(now => now.State.Operations.IsEmpty && now.State.IsConverged, "everything in its place");
        await bucket.CompareAsync("after the rebalance");
        await again.CompareAsync("after the rebalance");
        foreach (var deleted in names.Where(name => !bucket.Objects.ContainsKey(name)))
        {
            using var gone = await bucket.SendAsync(HttpMethod.Get, deleted);
            Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
        }

        var own = bucket.OwnedBy(node).First();
        await bucket.PutAsync(own, [1]);
        Assert.Contains("sha256", await bucket.HeadAsync(own), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task S41_objects_written_while_a_target_is_out_are_all_read_at_the_first_try_when_it_returns()
    {
        var node = Target(0);
        await OutAsync(node, quietly: false);
        using var bucket = await StoryBucket.CreateAsync(cluster, "written-meanwhile", objects: 90);
        cluster.HoldPasses = true;
        var back = await cluster.ActAsync("stop-maintenance", $$"""{"sid":"{{node}}"}""");
        Assert.True(back is { Status: HttpStatusCode.OK, Rebalance: > 0 }, back.Text);
        Assert.Contains(bucket.Objects.Keys, name => bucket.OwnerOf(name) == node);
        await bucket.CompareAsync("the rebalance runs");
        cluster.HoldPasses = false;
        await cluster.EverybodyAsync(now => now.State.Operations.IsEmpty && now.State.IsConverged, "the rebalance over");
        await bucket.CompareAsync("the rebalance is over");
    }

    [Fact]
    public async Task S48_all_that_is_known_of_an_object_survives_its_moves()
    {
        using var bucket = await StoryBucket.CreateAsync(cluster, "attributes", props: """{"checksum":{"type":"sha512"},"versioning":{"enabled":true}}""");
        var names = bucket.OwnedBy(Target(1)).Take(4).ToArray();
        foreach (var (name, versions) in names.Select((name, n) => (name, n + 1)))
        {
            for (var version = 1; version <= versions; version++)
            {
                await bucket.PutAsync(name, StoryBucket.Body(version * 7), $"colour=blue,turn={version},odd=a b~c");
            }
        }

        var before = await Task.WhenAll(names.Select(bucket.HeadAsync));
        Assert.Contains("odd=a b~c", before[0], StringComparison.Ordinal);
        await OutAsync(Target(1), quietly: false);
        Assert.Equal(string.Join("\n\n", before), string.Join("\n\n", await Task.WhenAll(names.Select(bucket.HeadAsync))));
        await cluster.RestoreAsync();
        await cluster.EverybodyAsync(now => now.State.IsConverged, "everything in its place");
        Assert.All(names, name => Assert.Equal(Target(1), bucket.OwnerOf(name)));
        Assert.Equal(before, await Task.WhenAll(names.Select(bucket.HeadAsync)));
    }

    [Fact]
    public async Task R27_a_target_that_is_off_in_maintenance_blocks_no_later_rebalance()
    {
        using var bucket = await StoryBucket.CreateAsync(cluster, "one-off", objects: 30);
        var (off, next) = (Target(0), Target(1));
        await OutAsync(off, quietly: false);
        await cluster.Nodes.StopAsync(off);
        await OutAsync(next, quietly: false);
        Assert.Equal("safe", (await cluster.GetAsync($"/v1/nodes/{next}/safety")).GetProperty("verdict").GetString());
        await bucket.CompareAsync("one is off, another one is out");
        var back = await cluster.ActAsync("stop-maintenance", $$"""{"sid":"{{next}}"}""");
        Assert.True(back is { Status: HttpStatusCode.OK, Rebalance: > 0 }, back.Text);
        await cluster.EverybodyAsync(now => now.State.Operations.IsEmpty && now.State.IsConverged, "everything in its place");
        await bucket.CompareAsync("one is off");
        await cluster.StartAsync(off);
    }

    private async Task OutAsync(NodeId node, bool quietly)
    {
        var away = await cluster.ActAsync("start-maintenance", $$"""{"sid":"{{node}}","skip_rebalance":{{JsonSerializer.Serialize(quietly)}}}""");
        Assert.True(away.Status == HttpStatusCode.OK, away.Text);
        await cluster.EverybodyAsync(now => now.State.Operations.IsEmpty && now.State.Node(node)!.State == AdminState.Out, "the target out");
    }
}
