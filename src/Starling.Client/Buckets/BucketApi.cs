using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Starling.Client.Transport;
using Starling.Core.Names;

namespace Starling.Client.Buckets;

/// <summary>Calls on buckets and the listing of objects.</summary>
public sealed class BucketApi
{
    private static readonly TimeSpan SummaryPoll = TimeSpan.FromMilliseconds(200);

    private readonly HttpTransport transport;
    private readonly StarlingClientOptions options;

    internal BucketApi(HttpTransport transport, StarlingClientOptions options)
    {
        this.transport = transport;
        this.options = options;
    }

    /// <summary>Lists buckets, sorted.</summary>
    /// <param name="provider">Only this provider; null lists all.</param>
    /// <param name="all">Also buckets that are known but hold nothing in this cluster.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<IReadOnlyList<BucketName>> ListAsync(string? provider = null, bool all = false, CancellationToken cancellation = default)
    {
        var path = Paths.Plain("/v1/buckets", ("provider", provider), ("presence", all ? "0" : "2"));
        var json = await transport.JsonAsync(Call(HttpMethod.Get, path, JsonCalls.Action("list")), cancellation).ConfigureAwait(false);
        return (json as JsonArray ?? []).Select(NameOf).ToArray();
    }

    /// <summary>Creates a bucket.</summary>
    /// <param name="bucket">Its name.</param>
    /// <param name="properties">Properties that differ from the cluster's defaults; null for none.</param>
    /// <param name="cancellation">Gives up; the outcome is then not known.</param>
    /// <exception cref="ApiException">409 when it exists already.</exception>
    public Task CreateAsync(BucketName bucket, JsonObject? properties = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(bucket);
        return transport.TextAsync(Call(HttpMethod.Post, Paths.Bucket(bucket), JsonCalls.Action("create-bck", properties)), cancellation);
    }

    /// <summary>Destroys a bucket with everything in it.</summary>
    /// <exception cref="ApiException">404 when it does not exist.</exception>
    public Task DestroyAsync(BucketName bucket, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(bucket);
        return transport.TextAsync(Call(HttpMethod.Delete, Paths.Bucket(bucket), JsonCalls.Action("destroy-bck")), cancellation);
    }

    /// <summary>The bucket's properties as JSON.</summary>
    /// <exception cref="ApiException">404 when it does not exist.</exception>
    public async Task<JsonObject> GetPropertiesAsync(BucketName bucket, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(bucket);
        var request = Call(HttpMethod.Head, Paths.Bucket(bucket));
        using var response = await transport.SendAsync(request, cancellation).ConfigureAwait(false);
        var header = response.Headers.TryGetValues("Ais-Bucket-Props", out var values) ? values.First() : string.Empty;
        try
        {
            return JsonNode.Parse(header)!.AsObject();
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            throw JsonCalls.Malformed(request, error);
        }
    }

    /// <summary>True when the bucket exists.</summary>
    public async Task<bool> ExistsAsync(BucketName bucket, CancellationToken cancellation = default)
    {
        try
        {
            await GetPropertiesAsync(bucket, cancellation).ConfigureAwait(false);
            return true;
        }
        catch (ApiException error) when (error.IsNotFound)
        {
            return false;
        }
    }

    /// <summary>Changes properties.</summary>
    /// <returns>Id of the job that brings existing objects in line; empty when none is needed.</returns>
    public Task<string> SetPropertiesAsync(BucketName bucket, JsonObject properties, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(bucket);
        return transport.TextAsync(Call(HttpMethod.Patch, Paths.Bucket(bucket), JsonCalls.Action("set-bprops", properties)), cancellation);
    }

    /// <summary>Sets all properties back to the cluster's defaults.</summary>
    public Task<string> ResetPropertiesAsync(BucketName bucket, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(bucket);
        return transport.TextAsync(Call(HttpMethod.Patch, Paths.Bucket(bucket), JsonCalls.Action("reset-bprops")), cancellation);
    }

    /// <summary>Totals of one bucket; the server computes them, this call waits within the control deadline.</summary>
    public async Task<BucketSummary> SummarizeAsync(BucketName bucket, string prefix = "", CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(bucket);
        var started = options.Time.GetTimestamp();
        var uuid = string.Empty;
        while (true)
        {
            var value = new JsonObject { ["uuid"] = uuid, ["prefix"] = prefix, ["cached"] = true, ["present"] = true, ["dont_add_remote"] = true };
            var request = Call(HttpMethod.Get, Paths.Bucket(bucket), JsonCalls.Action("summary-bck", value));
            using var response = await transport.SendAsync(request, cancellation).ConfigureAwait(false);
            var body = Encoding.UTF8.GetString(await JsonCalls.BytesAsync(response, request, cancellation).ConfigureAwait(false));
            switch ((int)response.StatusCode)
            {
                case 200:
                    return SummaryOf(bucket, body, request);
                case 202 when uuid.Length == 0:
                    uuid = body.Trim().Trim('"');
                    break;
                default:
                    await Task.Delay(SummaryPoll, options.Time, cancellation).ConfigureAwait(false);
                    break;
            }

            if (options.Time.GetElapsedTime(started) > options.ControlTimeout)
            {
                throw new TimeoutException($"the summary of {bucket.Cname} was not ready within {options.ControlTimeout.TotalSeconds:0.#}s");
            }
        }
    }

    /// <summary>One page of names.</summary>
    /// <param name="bucket">The bucket.</param>
    /// <param name="list">What to list.</param>
    /// <param name="previous">The page before; null for the first one.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<ListedPage> ListPageAsync(BucketName bucket, ListOptions list, ListedPage? previous = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(bucket);
        ArgumentNullException.ThrowIfNull(list);
        return Decode(await FetchPageAsync(bucket, list, previous?.Uuid ?? string.Empty, previous?.ContinuationToken ?? string.Empty, cancellation).ConfigureAwait(false));
    }

    /// <summary>
    /// All pages, one after the other, until the last one or the limit. Without a limit the next page is asked for before this one is decoded; it is dropped
    /// when the caller stops.
    /// </summary>
    public async IAsyncEnumerable<ListedPage> ListPagesAsync(BucketName bucket, ListOptions list, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(bucket);
        ArgumentNullException.ThrowIfNull(list);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        long listed = 0;
        var fetching = FetchPageAsync(bucket, Sized(list, listed), string.Empty, string.Empty, ending.Token);
        try
        {
            while (true)
            {
                var raw = await fetching.ConfigureAwait(false);
                var asked = ListPageReader.TryReadToken(raw.Bytes, raw.MediaType, out var uuid, out var token) && token.Length > 0 && list.Limit == 0;
                if (asked)
                {
                    fetching = FetchPageAsync(bucket, list, uuid, token, ending.Token);
                }

                var page = Decode(raw);
                if (list.Limit > 0 && page.Entries.Count > list.Limit - listed)
                {
                    page = page with { Entries = page.Entries.Take((int)(list.Limit - listed)).ToArray() };
                }

                listed += page.Entries.Count;
                yield return page;
                if (page.ContinuationToken.Length == 0 || (list.Limit > 0 && listed >= list.Limit))
                {
                    yield break;
                }

                if (!asked)
                {
                    fetching = FetchPageAsync(bucket, Sized(list, listed), page.Uuid, page.ContinuationToken, ending.Token);
                }
            }
        }
        finally
        {
            // A page that nobody wants any more: its answer, or its failure, is of no interest.
            await ending.CancelAsync().ConfigureAwait(false);
            await ((Task)fetching).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>The page size that a limit leaves.</summary>
    private static ListOptions Sized(ListOptions list, long listed) => list.Limit == 0
        ? list
        : list with { PageSize = (int)Math.Min(list.Limit - listed, list.PageSize == 0 ? int.MaxValue : list.PageSize) };

    private async Task<RawPage> FetchPageAsync(BucketName bucket, ListOptions list, string uuid, string token, CancellationToken cancellation)
    {
        var value = new JsonObject
        {
            ["uuid"] = uuid,
            ["props"] = list.Properties,
            ["prefix"] = list.Prefix,
            ["start_after"] = list.StartAfter,
            ["continuation_token"] = token,
            ["target"] = string.Empty,
            ["flags"] = list.Flags.ToString(CultureInfo.InvariantCulture),
            ["pagesize"] = list.PageSize,
        };
        var request = Call(HttpMethod.Get, Paths.Bucket(bucket), JsonCalls.Action("list", value)) with
        {
            Headers = [KeyValuePair.Create("Accept", "application/msgpack")],
        };
        using var response = await transport.SendAsync(request, cancellation).ConfigureAwait(false);
        var bytes = await JsonCalls.BytesAsync(response, request, cancellation).ConfigureAwait(false);
        return new RawPage(request, bytes, response.Content.Headers.ContentType?.MediaType);
    }

    private static ListedPage Decode(RawPage raw)
    {
        try
        {
            return ListPageReader.Read(raw.Bytes, raw.MediaType);
        }
        catch (Exception error) when (error is JsonException or FormatException or OverflowException or InvalidOperationException)
        {
            throw JsonCalls.Malformed(raw.Request, error);
        }
    }

    /// <summary>A page as it came.</summary>
    private sealed record RawPage(ApiRequest Request, byte[] Bytes, string? MediaType);

    private ApiRequest Call(HttpMethod method, string path, JsonNode? body = null) => JsonCalls.Request(method, path, options.ControlTimeout, body);

    private static BucketSummary SummaryOf(BucketName bucket, string body, ApiRequest request)
    {
        try
        {
            var parsed = JsonNode.Parse(body);
            var first = parsed is JsonArray array ? (array.Count > 0 ? array[0] : new JsonObject()) : parsed;
            var total = first.Member("TotalSize");
            return new BucketSummary(
                bucket.Cname, first.Member("ObjCount").Int64("obj_count_present"), total.Int64("size_all_present_objs"), total.Int64("size_on_disk"), (int)first.Int64("used_pct"));
        }
        catch (JsonException error)
        {
            throw JsonCalls.Malformed(request, error);
        }
    }

    private static BucketName NameOf(JsonNode? json)
    {
        var scope = json.Member("namespace");
        var (uuid, name) = (scope.Text("uuid"), scope.Text("name"));
        return BucketName.Parse(json.Text("provider"), uuid.Length + name.Length == 0 ? null : $"@{uuid}#{name}", json.Text("name"));
    }
}
