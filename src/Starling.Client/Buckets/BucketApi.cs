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
        var value = new JsonObject
        {
            ["uuid"] = previous?.Uuid ?? string.Empty,
            ["props"] = list.Properties,
            ["prefix"] = list.Prefix,
            ["start_after"] = list.StartAfter,
            ["continuation_token"] = previous?.ContinuationToken ?? string.Empty,
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
        try
        {
            return ListPageReader.Read(bytes, response.Content.Headers.ContentType?.MediaType);
        }
        catch (Exception error) when (error is JsonException or FormatException or OverflowException or InvalidOperationException)
        {
            throw JsonCalls.Malformed(request, error);
        }
    }

    /// <summary>All pages, one after the other, until the last one or the limit.</summary>
    public async IAsyncEnumerable<ListedPage> ListPagesAsync(BucketName bucket, ListOptions list, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(list);
        long listed = 0;
        ListedPage? page = null;
        do
        {
            var remaining = list.Limit == 0 ? long.MaxValue : list.Limit - listed;
            var size = remaining >= int.MaxValue ? list.PageSize : (int)Math.Min(remaining, list.PageSize == 0 ? int.MaxValue : list.PageSize);
            page = await ListPageAsync(bucket, list with { PageSize = size }, page, cancellation).ConfigureAwait(false);
            if (page.Entries.Count > remaining)
            {
                page = page with { Entries = page.Entries.Take((int)remaining).ToArray() };
            }

            listed += page.Entries.Count;
            yield return page;
        }
        while (page.ContinuationToken.Length > 0 && (list.Limit == 0 || listed < list.Limit));
    }

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
