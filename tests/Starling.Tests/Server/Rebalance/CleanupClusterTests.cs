using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Starling.Cluster.Views;
using Starling.Core.Names;
using Starling.Protocol.State;
using Starling.Server.Hosting;
using Starling.Tests.Cli;
using Starling.Tests.Cluster;
using Xunit;

namespace Starling.Tests.Server.Rebalance;

#pragma warning disable CA1001 // xunit disposes through IAsyncLifetime.
/// <summary>Cleanup mode as operators see it: three targets, one of them back from maintenance, the copies of the others that belong to it again.</summary>
public sealed partial class CleanupClusterTests : IAsyncLifetime
{
    private const int Count = 200;
    private const int SizeBytes = 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly TestCluster nodes = new(gateways: 1, targets: 3, LeaseSwitch.HeldAsync);
    private readonly HttpClient http = new(new SocketsHttpHandler { AllowAutoRedirect = true, UseProxy = false });

    private static NodeId Back => NodeId.Parse("target01");

    private NodeHost Gateway => nodes.Running.Single(host => host.Runtime.IsGateway);

    private ClusterState State => Gateway.View.Current.State;

    private string Url => Gateway.Runtime.Addresses.Public.TrimEnd('/');

    private static IEnumerable<string> Names => Enumerable.Range(0, Count).Select(i => $"dir{i % 2}/object-{i:000}");

    public async Task InitializeAsync()
    {
        await nodes.StartAllAsync();
        await nodes.WaitForLeaderAsync();
        await SeenAsync(state => state.Newest.Targets.Length == 3 && state.KnowsOperations, "three targets in");
        using var created = await http.PostAsync($"{Url}/v1/buckets/data", Json("""{"action":"create-bck","name":"","value":null}"""));
        Assert.True(created.IsSuccessStatusCode, await created.Content.ReadAsStringAsync());
        foreach (var name in Names)
        {
            using var put = await http.PutAsync($"{Url}/v1/objects/data/{name}", new ByteArrayContent(Body(name)));
            Assert.True(put.IsSuccessStatusCode, await put.Content.ReadAsStringAsync());
        }

        // A rebalance that leaves copies behind: out and back.
        await ActAsync("start-maintenance");
        await SeenAsync(state => state.Operations.IsEmpty && state.Node(Back)!.State == AdminState.Out, "the end of the drain");
        await ActAsync("stop-maintenance");
        await SeenAsync(state => state.Operations.IsEmpty && state.IsConverged && state.Node(Back)!.State == AdminState.In, "the end of the rebalance");
    }

    public async Task DisposeAsync()
    {
        http.Dispose();
        await nodes.DisposeAsync();
    }

    [Fact]
    public async Task Copies_that_a_target_left_behind_when_another_came_back_are_removed_counted_and_shown_and_nothing_else()
    {
        var theirs = Names.Where(name => OwnerOf(name) == Back).ToList();
        Assert.NotEmpty(theirs);

        // Within the safety window everything is left alone.
        var first = await CliAsync("start rebalance --cleanup");
        Assert.Matches(@"^Started rebalance\[g\d+\] \(cleanup mode\)\. To monitor the progress, run 'ais show rebalance'\n$", first.Out);
        await EndedAsync();
        var kept = await CliAsync($"show job {IdOf(first.Out)} --all");
        Assert.Contains("removed=0 skip-recent=", kept.Out, StringComparison.Ordinal);

        using (var set = await http.PutAsync($"{Url}/v1/cluster/set-config?space.dont_cleanup_time=0s", null))
        {
            Assert.True(set.IsSuccessStatusCode, await set.Content.ReadAsStringAsync());
        }

        // What would go, in all and in a part.
        var plan = (await CliAsync("start rebalance --cleanup --dry-run")).Out;
        Assert.Contains("[DRY RUN] t[target01] would remove 0 objects (0B): cleanup done visits=0 loads=0 removed=0", plan, StringComparison.Ordinal);
        Assert.Equal(theirs.Count, Would(plan));
        Assert.Equal(theirs.Count(name => name.StartsWith("dir1/", StringComparison.Ordinal)), Would((await CliAsync("start rebalance ais://data/dir1/ --cleanup --dry-run")).Out));

        var started = await CliAsync("start rebalance --cleanup");
        var id = IdOf(started.Out);
        Assert.Equal(0, (await CliAsync($"wait rebalance {id} --timeout 1m")).ExitCode);
        var shown = (await CliAsync($"show rebalance {id}")).Out;
        var lines = shown.TrimEnd().Split('\n');
        Assert.Matches(@"^REB ID +NODE +REMOVED OBJECTS +REMOVED BYTES +START +END +STATE$", lines[0]);
        var removed = lines[1..^1].Select(line => Row().Match(line)).ToDictionary(row => row.Groups[1].Value, row => int.Parse(row.Groups[2].Value, CultureInfo.InvariantCulture));

        // The one that came back holds nothing that belongs elsewhere: it has no row.
        Assert.Equal(["target00", "target02"], removed.Keys);
        Assert.Equal(theirs.Count, removed.Values.Sum());
        Assert.Equal($"{id}: {theirs.Count} objects removed (total size {theirs.Count * SizeBytes / 1024.0:0.0}KiB)", lines[^1]);
        var job = (await CliAsync($"show job {id} --all")).Out;
        foreach (var (target, count) in removed)
        {
            Assert.Contains($"flags:cleanup; t[{target}]:cleanup done visits={count} loads={count} removed={count}", job, StringComparison.Ordinal);
        }

        Assert.Equal(0, Would((await CliAsync("start rebalance --cleanup --dry-run")).Out));
        foreach (var name in Names)
        {
            using var answer = await http.GetAsync($"{Url}/v1/objects/data/{name}");
            Assert.True(answer.StatusCode == HttpStatusCode.OK && (await answer.Content.ReadAsByteArrayAsync()).AsSpan().SequenceEqual(Body(name)), $"{name}: {answer.StatusCode}");
        }
    }

    [Theory]
    [InlineData("""{"Kind":"rebalance","flags":18}""", "excludes")]
    [InlineData("""{"Kind":"rebalance","Force":true}""", "cleanup mode only")]
    [InlineData("""{"Kind":"rebalance","flags":2}""", "no bucket of this cluster has one")]
    public async Task Requests_that_make_no_sense_are_refused_by_the_server_too(string value, string why)
    {
        using var answer = await http.PutAsync($"{Url}/v1/cluster", Json($$"""{"action":"start","name":"","value":{{value}}}"""));
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(why, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private static byte[] Body(string name) => [.. Enumerable.Range(0, SizeBytes).Select(at => (byte)name[at % name.Length])];

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    private static string IdOf(string text) => Regex.Match(text, @"g\d+").Value;

    private static int Would(string plan) => WouldRemove().Matches(plan).Sum(match => int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture));

    [GeneratedRegex(@"would remove (\d+) objects")]
    private static partial Regex WouldRemove();

    [GeneratedRegex(@"^g\d+ +(\S+) +(\d+) +\S+ +\S+ +\S+ +Finished$")]
    private static partial Regex Row();

    private Task<CliRun> CliAsync(string commandLine) => CliRun.Of(Url, commandLine.Split(' '));

    private NodeId OwnerOf(string name) => State.Newest.OwnerOf(ObjectName.Parse(BucketName.Parse(null, null, "data"), name).Digest);

    private async Task ActAsync(string action)
    {
        using var answer = await http.PutAsync($"{Url}/v1/cluster", Json($$$"""{"action":"{{{action}}}","name":"","value":{"sids":["{{{Back}}}"]}}"""));
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private Task EndedAsync() => SeenAsync(state => state.Operations.IsEmpty, "the end of the operation");

    private Task SeenAsync(Func<ClusterState, bool> predicate, string what) => Gateway.View.WaitForAsync(now => predicate(now.State), what, Patience, CancellationToken.None);
}
