using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Starling.Cluster.Peers;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Objects;
using Starling.Protocol.Rebalance;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;
using Starling.Server.Hosting;
using Starling.Target.Neighbors;
using Starling.Tests.Cluster;
using Xunit;

namespace Starling.Tests.Server.Api;

#pragma warning disable CA1001 // xunit disposes through IAsyncLifetime.
/// <summary>Clients read and write while a target is taken out: real nodes, real sockets.</summary>
public sealed class MovingNamesTests : IAsyncLifetime
{
    private const string Bucket = "moving";
    private readonly TestCluster nodes = new(gateways: 1, targets: 3, LeaseSwitch.HeldAsync);
    private readonly HttpClient http = new(new SocketsHttpHandler { AllowAutoRedirect = true, UseProxy = false });

    private NodeHost Gateway => nodes.Running.Single(host => host.Runtime.IsGateway);

    private NodeHost[] Targets => [.. nodes.Running.Where(host => !host.Runtime.IsGateway).OrderBy(host => host.Id)];

    private string Url => Gateway.Runtime.Addresses.Public.TrimEnd('/');

    public async Task InitializeAsync()
    {
        await nodes.StartAllAsync();
        await nodes.WaitForLeaderAsync();
        await EverybodyAsync(state => state.Newest.Targets.Length == 3 && state.Nodes.Count == 4, "four members, three targets in");
        await EverybodyAsync(now => now.KnowsOperations, "operations known");
        using var created = await http.PostAsync($"{Url}/v1/buckets/{Bucket}", Json("""{"action":"create-bck","name":"","value":null}"""));
        Assert.True(created.IsSuccessStatusCode, await created.Content.ReadAsStringAsync());
    }

    public async Task DisposeAsync()
    {
        http.Dispose();
        await nodes.DisposeAsync();
    }

    [Fact]
    public async Task B7_objects_of_a_target_that_is_taken_out_are_read_changed_listed_and_deleted_as_if_nothing_had_happened()
    {
        var bodies = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        for (var i = 0; i < 40; i++)
        {
            var body = new byte[i % 5 == 0 ? 400_000 : 100 + i];
            new Random(i).NextBytes(body);
            bodies.Add($"n{i:00}", body);
            await PutAsync($"n{i:00}", body);
        }

        var before = bodies.Keys.ToDictionary(name => name, HeadersOfAsync);
        await Task.WhenAll(before.Values);
        using var stop = new CancellationTokenSource();
        var meanwhile = ReadAndWriteAsync(stop.Token);
        var leaving = Targets[0].Id;
        using (var started = await http.PutAsync($"{Url}/v1/cluster", Json($$"""{"action":"start-maintenance","name":"","value":{"sids":["{{leaving}}"] } }""")))
        {
            Assert.True(started.IsSuccessStatusCode, await started.Content.ReadAsStringAsync());
        }

        await EverybodyAsync(state => !state.Newest.Contains(leaving), "an epoch without the target");
        foreach (var (name, body) in bodies)
        {
            Assert.Equal(body, await GetAsync(name));
            Assert.Equal(body[10..20], await GetAsync(name, new RangeHeaderValue(10, 19)));
            Assert.Equal(await before[name], await HeadersOfAsync(name));
        }

        foreach (var name in bodies.Keys.Where((_, i) => i % 4 == 1).ToArray())
        {
            using var deleted = await http.DeleteAsync($"{Url}/v1/objects/{Bucket}/{name}");
            Assert.True(deleted.IsSuccessStatusCode, await deleted.Content.ReadAsStringAsync());
            bodies.Remove(name);
            using var gone = await http.GetAsync($"{Url}/v1/objects/{Bucket}/{name}");
            Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
        }

        foreach (var name in bodies.Keys.Where((_, i) => i % 4 == 2).ToArray())
        {
            bodies[name] = Encoding.UTF8.GetBytes($"newer {name}");
            await PutAsync(name, bodies[name]);
        }

        foreach (var (name, body) in bodies)
        {
            Assert.Equal(body, await GetAsync(name));
        }

        await stop.CancelAsync();
        await meanwhile;
        Assert.Equal(bodies.Keys, (await ListAsync()).Where(name => name[0] == 'n'));
    }

    [Fact]
    public async Task B2_targets_ask_each_other_over_the_data_network_only_with_the_secret_and_inside_one_cluster()
    {
        var body = new byte[900_000];
        new Random(1).NextBytes(body);
        var name = Names().First(one => OwnerOf(one) == Targets[1].Id);
        await PutAsync(name.Name, body);
        var asker = Targets[0];
        using var meter = new System.Diagnostics.Metrics.Meter("test");
        using var neighbors = new DataNeighbors(asker.Runtime.Peers, asker.View, null!, new NeighborMeter(meter));
        var state = (await asker.View.WaitForAsync(seen => seen.State.FindBucket(name.Bucket) is not null, "the bucket at the asking target", TestCluster.Patience, CancellationToken.None)).State;
        var bucketId = state.FindBucket(name.Bucket)!.Id;
        var look = await neighbors.LookAsync(Targets[1].Id, new LookQuestion(name, bucketId, state.Newest.Number, state.AppliedIndex), TestCluster.Patience, CancellationToken.None);
        Assert.True(look.Answer.Result == LookResult.Record, look.Error?.Message);

        var question = new ContentQuestion(name, look.Record!.Key, state.Newest.Number, state.AppliedIndex);
        foreach (var (offset, length) in ((long, long)[])[(0, -1), (100, 500_000), (5, 10), (900_000, 0)])
        {
            var opened = await neighbors.OpenAsync(Targets[1].Id, question with { Offset = offset, LengthBytes = length }, TestCluster.Patience, CancellationToken.None);
            Assert.True(opened.IsOpen, opened.Error?.Message);
            await using var content = opened.Content;
            var got = new MemoryStream();
            await content.Content.CopyToAsync(got);
            Assert.Equal(body.AsSpan((int)offset, (int)(length < 0 ? body.Length - offset : length)).ToArray(), got.ToArray());
        }

        var moved = Names().First(one => OwnerOf(one) == Targets[1].Id && one != name);
        var put = new ForwardedPut(moved, bucketId, "request-1", state.Newest.Number, state.AppliedIndex, body.Length, "none", string.Empty);
        var forwarded = await neighbors.ForwardAsync(Targets[1].Id, put, new MemoryStream(body), TestCluster.Patience, CancellationToken.None);
        Assert.True(forwarded.Error is null, forwarded.Error?.Message);
        Assert.Equal(body, await GetAsync(moved.Name));

        using var stranger = new PeerClient(asker.View, "another secret altogether");
        using var outside = new DataNeighbors(stranger, asker.View, null!, new NeighborMeter(meter));
        var refused = await outside.LookAsync(Targets[1].Id, new LookQuestion(name, bucketId, 1, 1), TestCluster.Patience, CancellationToken.None);
        Assert.Equal((LookResult.Unknown, ErrorCode.Unreachable), (refused.Answer.Result, refused.Error!.Code));
        Assert.Contains("Starling-Secret", refused.Error.Message, StringComparison.Ordinal);

        await nodes.CrashAsync(Targets[1].Id);
        var silent = await neighbors.LookAsync(state.Newest.Targets[1], new LookQuestion(name, bucketId, 1, 1), TimeSpan.FromSeconds(5), CancellationToken.None);
        Assert.Equal((LookResult.Unknown, ErrorCode.Unreachable), (silent.Answer.Result, silent.Error!.Code));
    }

    /// <summary>One client that writes and reads its own objects all the time: every answer must be right, at once.</summary>
    private async Task ReadAndWriteAsync(CancellationToken stop)
    {
        await Task.Yield();
        for (var round = 0; !stop.IsCancellationRequested; round++)
        {
            var name = $"w{round % 20}";
            var body = Encoding.UTF8.GetBytes($"{name} of round {round}");
            await PutAsync(name, body);
            Assert.Equal(body, await GetAsync(name));
        }
    }

    private NodeId OwnerOf(ObjectName name) => Gateway.View.Current.State.Newest.OwnerOf(name.Digest);

    private static IEnumerable<ObjectName> Names() => Enumerable.Range(0, 1000).Select(i => ObjectName.Parse(BucketName.Parse("ais", null, Bucket), $"x{i}"));

    private async Task PutAsync(string name, byte[] body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, $"{Url}/v1/objects/{Bucket}/{name}") { Content = new ByteArrayContent(body) };
        request.Headers.Add("Ais-Custom-Md", "colour=blue");
        using var answer = await http.SendAsync(request);
        Assert.True(answer.IsSuccessStatusCode, $"put {name}: {answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
    }

    private async Task<byte[]> GetAsync(string name, RangeHeaderValue? range = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Url}/v1/objects/{Bucket}/{name}");
        request.Headers.Range = range;
        using var answer = await http.SendAsync(request);
        Assert.True(answer.IsSuccessStatusCode, $"get {name}: {answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        return await answer.Content.ReadAsByteArrayAsync();
    }

    private async Task<string> HeadersOfAsync(string name)
    {
        using var answer = await http.GetAsync($"{Url}/v1/objects/{Bucket}/{name}");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return string.Join('\n', answer.Headers.Concat(answer.Content.Headers).Where(header => !header.Key.Equals("X-Request-Id", StringComparison.OrdinalIgnoreCase) && header.Key != "Date").Select(header => $"{header.Key}: {string.Join(',', header.Value)}").Order(StringComparer.Ordinal));
    }

    private async Task<List<string>> ListAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Url}/v1/buckets/{Bucket}")
        {
            Content = Json("""{"action":"list","name":"","value":{"uuid":"","props":"name,size","prefix":"","continuation_token":"","pagesize":"0","flags":"0"}}"""),
        };
        using var answer = await http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return [.. JsonSerializer.Deserialize<JsonElement>(text).GetProperty("entries").EnumerateArray().Select(entry => entry.GetProperty("name").GetString()!)];
    }

    private Task EverybodyAsync(Func<ClusterState, bool> predicate, string what) =>
        Task.WhenAll(nodes.Running.Select(host => host.View.WaitForAsync(now => predicate(now.State), what, TestCluster.Patience, CancellationToken.None)));

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");
}
