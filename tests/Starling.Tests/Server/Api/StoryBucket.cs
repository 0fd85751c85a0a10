using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Starling.Core.Names;
using Starling.Simulation.Checks;
using Xunit;

namespace Starling.Tests.Server.Api;

/// <summary>One bucket of a test on a <see cref="LifecycleCluster"/>: what was put into it, and clients that work while nodes come and go.</summary>
internal sealed class StoryBucket : IDisposable
{
    private const string Hot = "hot";
    private readonly LifecycleCluster cluster;
    private static readonly HashSet<string> NotOfTheObject = new(["Date", "X-Request-Id", "Ais-Location", "Ais-Mirror-Paths"], StringComparer.OrdinalIgnoreCase);
    private readonly HttpClient http = new(new SocketsHttpHandler { AllowAutoRedirect = true, UseProxy = false });
    private int turn;

    private StoryBucket(LifecycleCluster cluster, string name)
    {
        this.cluster = cluster;
        Name = name;
    }

    public string Name { get; }

    /// <summary>What must be there.</summary>
    public SortedDictionary<string, byte[]> Objects { get; } = new(StringComparer.Ordinal);

    /// <summary>A bucket with objects <c>d0/o000</c>, <c>d1/o001</c> and so on, of 1 to 3000 bytes.</summary>
    public static async Task<StoryBucket> CreateAsync(LifecycleCluster cluster, string name, int objects = 0, string props = "null")
    {
        var bucket = new StoryBucket(cluster, name);
        await bucket.MakeAsync(props);
        await Parallel.ForEachAsync(Enumerable.Range(0, objects), new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (i, _) =>
            await bucket.PutAsync($"d{i % 3}/o{i:000}", Body(i)));
        return bucket;
    }

    public static byte[] Body(int seed)
    {
        var body = new byte[1 + (seed * 613 % 3000)];
        new Random(seed).NextBytes(body);
        return body;
    }

    public async Task MakeAsync(string props = "null")
    {
        using var created = await cluster.SendAsync(HttpMethod.Post, $"/v1/buckets/{Name}", $$"""{"action":"create-bck","name":"","value":{{props}}}""");
        Assert.True(created.IsSuccessStatusCode, await created.Content.ReadAsStringAsync());
    }

    public async Task DestroyAsync()
    {
        using var destroyed = await cluster.SendAsync(HttpMethod.Delete, $"/v1/buckets/{Name}", """{"action":"destroy-bck","name":"","value":null}""");
        Assert.True(destroyed.IsSuccessStatusCode, await destroyed.Content.ReadAsStringAsync());
        Objects.Clear();
    }

    public NodeId OwnerOf(string name) => cluster.State.Newest.OwnerOf(ObjectName.Parse(BucketName.Parse("ais", null, Name), name).Digest);

    /// <summary>Names that a target owns now.</summary>
    public IEnumerable<string> OwnedBy(NodeId target) => Enumerable.Range(0, 10_000).Select(i => $"of-{target}-{i}").Where(name => OwnerOf(name) == target);

    public async Task PutAsync(string name, byte[] body, string custom = "")
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, Url(name)) { Content = new ByteArrayContent(body) };
        if (custom.Length > 0)
        {
            request.Headers.Add("Ais-Custom-Md", custom);
        }

        using var answer = await http.SendAsync(request);
        Assert.True(answer.IsSuccessStatusCode, $"put {name}: {answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        lock (Objects)
        {
            Objects[name] = body;
        }
    }

    public async Task DeleteAsync(string name)
    {
        using var answer = await http.DeleteAsync(Url(name));
        Assert.True(answer.IsSuccessStatusCode, $"delete {name}: {answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
        lock (Objects)
        {
            Objects.Remove(name);
        }
    }

    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string name, byte[]? body = null, string ifNoneMatch = "")
    {
        var request = new HttpRequestMessage(method, Url(name)) { Content = body is null ? null : new ByteArrayContent(body) };
        if (ifNoneMatch.Length > 0)
        {
            request.Headers.TryAddWithoutValidation("If-None-Match", ifNoneMatch);
        }

        return http.SendAsync(request);
    }

    /// <summary>Everything that a HEAD tells of the object itself.</summary>
    public async Task<string> HeadAsync(string name)
    {
        using var answer = await SendAsync(HttpMethod.Head, name);
        Assert.True(answer.IsSuccessStatusCode, $"head {name}: {answer.StatusCode}");
        return string.Join('\n', answer.Headers.Concat(answer.Content.Headers)
            .Where(header => !NotOfTheObject.Contains(header.Key))
            .Select(header => $"{header.Key}: {string.Join(',', header.Value)}").Order(StringComparer.Ordinal));
    }

    /// <summary>Reads everything, through every gateway in turn, and lists it; what clients under load work on is left out.</summary>
    public async Task CompareAsync(string when)
    {
        foreach (var (name, body) in Objects)
        {
            using var answer = await SendAsync(HttpMethod.Get, name);
            Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{when}: {name}: {answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
            Assert.True((await answer.Content.ReadAsByteArrayAsync()).AsSpan().SequenceEqual(body), $"{when}: {name} is another one");
        }

        Assert.Equal(Objects.Keys, (await ListAsync()).Where(name => !name.StartsWith(Hot, StringComparison.Ordinal)));
    }

    /// <summary>All names, page by page, each page from the next gateway.</summary>
    public async Task<List<string>> ListAsync(int pageSize = 0, string prefix = "")
    {
        var names = new List<string>();
        var token = string.Empty;
        do
        {
            (var page, token) = await PageAsync(token, pageSize, prefix);
            names.AddRange(page);
        }
        while (token.Length > 0);
        return names;
    }

    /// <summary>One page and the token of the next one.</summary>
    public async Task<(List<string> Names, string Token)> PageAsync(string token, int pageSize, string prefix = "")
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Gateway()}/v1/buckets/{Name}")
        {
            Content = new StringContent(
                string.Create(CultureInfo.InvariantCulture, $$$"""{"action":"list","name":"","value":{"uuid":"","props":"name,size","prefix":"{{{prefix}}}","continuation_token":"{{{token}}}","pagesize":"{{{pageSize}}}","flags":"0"}}"""),
                Encoding.UTF8,
                "application/json"),
        };
        using var answer = await http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, $"list: {answer.StatusCode} {text}");
        var json = JsonSerializer.Deserialize<JsonElement>(text);
        var entries = json.GetProperty("entries");
        return (entries.ValueKind == JsonValueKind.Array ? [.. entries.EnumerateArray().Select(entry => entry.GetProperty("name").GetString()!)] : [],
            json.GetProperty("continuation_token").GetString() ?? string.Empty);
    }

    /// <summary>
    /// Clients put, overwrite, read and delete the same few names while <paramref name="change"/> runs. Every call must be answered, and the answers must be those
    /// of one register per name.
    /// </summary>
    public async Task UnderLoadAsync(Func<Task> change)
    {
        using var stop = new CancellationTokenSource();
        var histories = Enumerable.Range(0, 16).Select(_ => new ConcurrentQueue<HistoryCall>()).ToArray();
        var value = 0;
        var clients = Enumerable.Range(0, 3).Select(seed => Task.Run(async () =>
        {
            var random = new Random(seed);
            while (!stop.IsCancellationRequested)
            {
                var n = random.Next(histories.Length);
                histories[n].Enqueue(await CallAsync($"{Hot}{n:00}", random.Next(10), () => Interlocked.Increment(ref value)));
            }
        })).ToArray();
        try
        {
            await Task.WhenAny(change(), Task.WhenAny(clients)).Unwrap();
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAll(clients);
        }

        Assert.All(histories, calls => Assert.True(Linearizability.Check([.. calls], out var reason), reason));
        Assert.True(histories.Sum(calls => calls.Count) > 50, "hardly a request was made: nothing was proven");
        for (var n = 0; n < histories.Length; n++)
        {
            using var gone = await SendAsync(HttpMethod.Delete, $"{Hot}{n:00}");
            Assert.True(gone.IsSuccessStatusCode || gone.StatusCode == HttpStatusCode.NotFound, $"delete: {gone.StatusCode}");
        }
    }

    public void Dispose() => http.Dispose();

    private static long NowNs => Stopwatch.GetTimestamp() * (1_000_000_000 / Stopwatch.Frequency);

    private async Task<HistoryCall> CallAsync(string name, int dice, Func<int> next)
    {
        var kind = dice < 4 ? HistoryKind.Put : dice < 6 ? HistoryKind.Delete : HistoryKind.Get;
        var call = new HistoryCall { Kind = kind, CalledAtNs = NowNs, Value = kind == HistoryKind.Put ? next() : 0 };
        var method = kind == HistoryKind.Put ? HttpMethod.Put : kind == HistoryKind.Delete ? HttpMethod.Delete : HttpMethod.Get;
        using var answer = await SendAsync(method, name, kind == HistoryKind.Put ? Encoding.ASCII.GetBytes(call.Value.ToString(CultureInfo.InvariantCulture)) : null);
        var text = await answer.Content.ReadAsStringAsync();
        call.AnsweredAtNs = NowNs;
        call.Result = answer.StatusCode == HttpStatusCode.NotFound && kind != HistoryKind.Put ? HistoryResult.Absent : HistoryResult.Ok;
        Assert.True(answer.IsSuccessStatusCode || call.Result == HistoryResult.Absent, $"{kind} {name}: {answer.StatusCode} {text}");
        if (kind == HistoryKind.Get && call.Result == HistoryResult.Ok)
        {
            call.Value = long.Parse(text, CultureInfo.InvariantCulture);
        }

        return call;
    }

    private string Url(string name) => $"{Gateway()}/v1/objects/{Name}/{name}";

    // Every gateway in turn.
    private string Gateway() => cluster.Url((int)((uint)Interlocked.Increment(ref turn) % cluster.Gateways.Count));
}
