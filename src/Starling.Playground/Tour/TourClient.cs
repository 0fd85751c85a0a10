using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Starling.Playground.Nodes;

namespace Starling.Playground.Tour;

/// <summary>
/// A client as a careful user writes it: knows all gateways, follows redirects, retries what a crash or a restart explains for at most 60 s,
/// and counts each kind apart. Whatever no outage explains is a failure.
/// </summary>
internal sealed class TourClient : IDisposable
{
    public const string Bucket = "tour";

    /// <summary>Longer than a lease lasts: the destruction of a bucket waits until what a killed target was granted has lapsed.</summary>
    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(40);

    private readonly HttpClient http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        ConnectTimeout = TimeSpan.FromSeconds(5),
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
        MaxConnectionsPerServer = 64,
    })
    { Timeout = Timeout.InfiniteTimeSpan };

    private readonly NodePlan[] gateways;
    private readonly Outages outages;
    private int nextGateway;

    public TourClient(PlaygroundPlan plan, Outages outages)
    {
        gateways = [.. plan.Gateways];
        this.outages = outages;
    }

    /// <summary>For how long a request is repeated that an outage explains.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(60);

    public void Dispose() => http.Dispose();

    public async Task PutAsync(string name, Content content, ActRecord act, CancellationToken cancellation, string bucket = Bucket)
    {
        var bytes = content.Bytes();
        await RequestAsync(HttpMethod.Put, ObjectPath(name, bucket), bytes, act, name, static status => status == HttpStatusCode.OK, cancellation);
    }

    /// <summary>Deletes. 404 is right when the name holds nothing, or when an earlier attempt that was cut off may have done it.</summary>
    public async Task DeleteAsync(string name, Content? expected, ActRecord act, CancellationToken cancellation)
    {
        var answer = await RequestAsync(HttpMethod.Delete, ObjectPath(name), null, act, name, static status => status is HttpStatusCode.OK or HttpStatusCode.NotFound, cancellation);
        if (answer is { Status: HttpStatusCode.NotFound, Attempts: 1 } && expected is not null)
        {
            act.Fail($"{Cname(name)}: is lost (404 to a delete)");
        }
    }

    /// <summary>Reads and compares every byte; a deleted name must be absent. Differences are failures of the act that name the object.</summary>
    public async Task VerifyAsync(string name, Content? expected, ActRecord act, CancellationToken cancellation, string bucket = Bucket)
    {
        var answer = await RequestAsync(HttpMethod.Get, ObjectPath(name, bucket), null, act, name, static status => status is HttpStatusCode.OK or HttpStatusCode.NotFound, cancellation);
        if (answer is null)
        {
            return;
        }

        if (expected is null)
        {
            if (answer.Status != HttpStatusCode.NotFound)
            {
                act.Fail($"{Cname(name)}: was deleted and is back");
            }
        }
        else if (answer.Status == HttpStatusCode.NotFound)
        {
            act.Fail($"{Cname(name)}: is lost (404)");
        }
        else if (!answer.Body.AsSpan().SequenceEqual(expected.Bytes().Span))
        {
            act.Fail($"{Cname(name)}: differs from its source");
        }
    }

    /// <summary>What an object holds; nothing, and a failure of the act that names it, when it does not answer with its bytes.</summary>
    public async Task<byte[]?> ReadAsync(string name, ActRecord act, CancellationToken cancellation) =>
        (await RequestAsync(HttpMethod.Get, ObjectPath(name, Bucket), null, act, name, static status => status == HttpStatusCode.OK, cancellation))?.Body;

    public Task CreateBucketAsync(string bucket, ActRecord act, CancellationToken cancellation) =>
        RequestAsync(HttpMethod.Post, $"/v1/buckets/{bucket}?provider=ais", Action("create-bck"), act, bucket, static status => status is HttpStatusCode.OK or HttpStatusCode.Conflict, cancellation);

    public Task DestroyBucketAsync(string bucket, ActRecord act, CancellationToken cancellation) =>
        RequestAsync(HttpMethod.Delete, $"/v1/buckets/{bucket}?provider=ais", Action("destroy-bck"), act, bucket, static status => status is HttpStatusCode.OK or HttpStatusCode.NotFound, cancellation);

    /// <summary>One attempt to create a bucket, for measuring how soon metadata changes again.</summary>
    public async Task<bool> TryCreateBucketAsync(string bucket, CancellationToken cancellation)
    {
        try
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            timeout.CancelAfter(TimeSpan.FromSeconds(2));
            using var request = new HttpRequestMessage(HttpMethod.Post, $"{NextGateway().PublicUrl}/v1/buckets/{bucket}?provider=ais") { Content = JsonContent(Action("create-bck")) };
            using var response = await http.SendAsync(request, timeout.Token);
            return response.StatusCode is HttpStatusCode.OK or HttpStatusCode.Conflict;
        }
        catch (HttpRequestException)
        {
            // Not yet: the caller measures until it succeeds or its deadline passes.
            return false;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return false;
        }
    }

    /// <summary>All names of the bucket.</summary>
    public async Task<List<string>> ListAsync(ActRecord act, CancellationToken cancellation)
    {
        var names = new List<string>();
        string token = string.Empty, uuid = string.Empty;
        do
        {
            var message = JsonSerializer.SerializeToUtf8Bytes(new { action = "list", name = "", value = new { uuid, props = "name", prefix = "", continuation_token = token, flags = "0", pagesize = 0 } });
            var answer = await RequestAsync(HttpMethod.Get, $"/v1/buckets/{Bucket}?provider=ais", message, act, "listing", static status => status == HttpStatusCode.OK, cancellation);
            if (answer is null)
            {
                break;
            }

            using var json = JsonDocument.Parse(answer.Body);
            if (json.RootElement.TryGetProperty("entries", out var entries) && entries.ValueKind == JsonValueKind.Array)
            {
                names.AddRange(entries.EnumerateArray().Select(entry => entry.GetProperty("name").GetString()!));
            }

            token = json.RootElement.GetProperty("continuation_token").GetString() ?? string.Empty;
            uuid = json.RootElement.GetProperty("uuid").GetString() ?? string.Empty;
        }
        while (token.Length > 0);
        return names;
    }

    public static string Cname(string name) => $"ais://{Bucket}/{name}";

    private static string ObjectPath(string name, string bucket = Bucket) => $"/v1/objects/{bucket}/{string.Join('/', name.Split('/').Select(Uri.EscapeDataString))}?provider=ais";

    private static byte[] Action(string action) => Encoding.UTF8.GetBytes($$"""{"action":"{{action}}","name":"","value":null}""");

    private static ByteArrayContent JsonContent(byte[] body) => new(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };

    private NodePlan NextGateway() => gateways[(uint)Interlocked.Increment(ref nextGateway) % (uint)gateways.Length];

    private async Task<Answer?> RequestAsync(HttpMethod method, string path, ReadOnlyMemory<byte>? body, ActRecord act, string subject, Func<HttpStatusCode, bool> expected, CancellationToken cancellation)
    {
        act.CountRequest();
        var watch = Stopwatch.StartNew();
        var last = "no attempt";
        for (var attempts = 1; watch.Elapsed < Patience; attempts++)
        {
            var began = Stopwatch.GetTimestamp();
            var attempt = await AttemptAsync(method, new Uri(NextGateway().PublicUrl + path), body, cancellation);
            switch (attempt.Kind)
            {
                case AttemptKind.Answered when expected(attempt.Answer!.Status):
                    return attempt.Answer! with { Attempts = attempts };
                case AttemptKind.Answered when attempt.Answer!.Status == HttpStatusCode.ServiceUnavailable && attempt.Answer.RetryAfter:
                    act.CountWaited($"{method} {Cname(subject)}: {attempt.Text}");
                    break;
                case AttemptKind.Answered when (int)attempt.Answer!.Status >= 500 && outages.Excuse(attempt.Port, began):
                    // The last words of a process whose disk or whose life was taken away.
                    act.CountCut();
                    break;
                case AttemptKind.Refused:
                    act.CountRefused();
                    break;
                case AttemptKind.Cut:
                    act.CountCut();
                    break;
                default:
                    act.Fail($"{method} {Cname(subject)}: {attempt.Text}");
                    return null;
            }

            last = attempt.Text;
            await Task.Delay(TimeSpan.FromMilliseconds(50), cancellation);
        }

        act.Fail($"{method} {Cname(subject)}: no success within {Patience.TotalSeconds:0} s, last: {last}");
        return null;
    }

    private async Task<Attempt> AttemptAsync(HttpMethod method, Uri uri, ReadOnlyMemory<byte>? body, CancellationToken cancellation)
    {
        for (var hop = 0; hop < 5; hop++)
        {
            var started = Stopwatch.GetTimestamp();
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            timeout.CancelAfter(AttemptTimeout);
            try
            {
                using var request = new HttpRequestMessage(method, uri);
                if (body is { } bytes)
                {
                    request.Content = new ReadOnlyMemoryContent(bytes);
                    request.Content.Headers.ContentType = new MediaTypeHeaderValue(method == HttpMethod.Put ? "application/octet-stream" : "application/json");
                }

                using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, timeout.Token);
                if (response.StatusCode is HttpStatusCode.MovedPermanently or HttpStatusCode.TemporaryRedirect && response.Headers.Location is { } location)
                {
                    uri = new Uri(uri, location);
                    continue;
                }

                var content = await response.Content.ReadAsByteArrayAsync(timeout.Token);
                var answer = new Answer(response.StatusCode, content, response.Headers.RetryAfter is not null);
                var text = string.Create(CultureInfo.InvariantCulture, $"{uri.Authority} answered {(int)response.StatusCode} {(response.IsSuccessStatusCode ? string.Empty : Encoding.UTF8.GetString(content))}");
                return new Attempt(AttemptKind.Answered, text.Trim(), answer, uri.Port);
            }
            catch (Exception e) when (e is HttpRequestException or IOException or SocketException)
            {
                var refused = e is HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError };
                var text = $"{uri.Authority}: {e.Message}";
                return outages.Excuse(uri.Port, started) ? new Attempt(refused ? AttemptKind.Refused : AttemptKind.Cut, text, null) : new Attempt(AttemptKind.Failed, text, null);
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                return new Attempt(AttemptKind.Failed, string.Create(CultureInfo.InvariantCulture, $"{uri.Authority}: no answer within {AttemptTimeout.TotalSeconds:0} s"), null);
            }
        }

        return new Attempt(AttemptKind.Failed, $"{uri.Authority}: more than 5 redirects", null);
    }

    internal sealed record Answer(HttpStatusCode Status, byte[] Body, bool RetryAfter, int Attempts = 1);

    private enum AttemptKind
    {
        Answered,
        Refused,
        Cut,
        Failed,
    }

    private sealed record Attempt(AttemptKind Kind, string Text, Answer? Answer, int Port = 0);
}
