using System.Text.Json.Nodes;
using Starling.Client.Transport;

namespace Starling.Client.Jobs;

/// <summary>Calls on jobs.</summary>
public sealed class JobApi
{
    private readonly HttpTransport transport;
    private readonly StarlingClientOptions options;

    internal JobApi(HttpTransport transport, StarlingClientOptions options)
    {
        this.transport = transport;
        this.options = options;
    }

    /// <summary>Starts a job.</summary>
    /// <param name="kind">Kind or display name, for example <c>rebalance</c>.</param>
    /// <param name="nodeId">The one node it shall run on; null for all.</param>
    /// <param name="cancellation">Gives up; the outcome is then not known.</param>
    /// <returns>Id of the job.</returns>
    public async Task<string> StartAsync(string kind, string? nodeId = null, CancellationToken cancellation = default) =>
        (await ActAsync("start", kind, string.Empty, nodeId, force: false, cancellation).ConfigureAwait(false)).Trim().Trim('"');

    /// <summary>Starts a rebalance by hand: every target puts in its place what lies elsewhere.</summary>
    /// <param name="bucket">Only this bucket; null for all.</param>
    /// <param name="prefix">Only names that begin so; empty for all.</param>
    /// <param name="flags">Bits of the native interface: 2 newest version, 4 synchronize, 16 remove misplaced copies (cleanup).</param>
    /// <param name="dryRun">Nothing starts; the answer is what would.</param>
    /// <param name="force">Cleanup: also where checks warn.</param>
    /// <param name="cancellation">Gives up; the outcome is then not known.</param>
    /// <returns>Id of the job; with <paramref name="dryRun"/> the JSON of what would be moved.</returns>
    public Task<string> StartRebalanceAsync(
        Core.Names.BucketName? bucket, string prefix = "", uint flags = 0, bool dryRun = false, bool force = false, CancellationToken cancellation = default)
    {
        var value = Arguments("rebalance", string.Empty, null, force);
        value["flags"] = flags;
        if (bucket is not null)
        {
            value["Bck"] = new JsonObject { ["name"] = bucket.Name, ["provider"] = bucket.Provider, ["namespace"] = new JsonObject { ["uuid"] = string.Empty, ["name"] = string.Empty } };
        }

        var path = Paths.Plain("/v1/cluster", ("dry_run", dryRun ? "true" : null), ("frc", force ? "true" : null));
        var request = JsonCalls.Request(HttpMethod.Put, path, options.ControlTimeout, JsonCalls.Action("start", value, prefix)) with
        {
            Headers = [KeyValuePair.Create("X-Request-Id", Guid.NewGuid().ToString("N"))],
            RepeatAfterCut = true,
        };
        return transport.TextAsync(request, cancellation);
    }

    /// <summary>Stops a job, or all of a kind; not an error when none matches.</summary>
    public Task StopAsync(string kind, string id, bool force = false, CancellationToken cancellation = default) =>
        ActAsync("stop", kind, id, null, force, cancellation);

    /// <summary>State of one job.</summary>
    /// <exception cref="ApiException">404 when it is not known.</exception>
    public async Task<JobStatus> GetStatusAsync(string id, string kind = "", CancellationToken cancellation = default) =>
        StatusOf(await QueryAsync("status", kind, id, null, cancellation).ConfigureAwait(false));

    /// <summary>State of all jobs, running or not.</summary>
    public async Task<IReadOnlyList<JobStatus>> GetAllStatusAsync(string kind = "", CancellationToken cancellation = default) =>
        (await QueryAsync("status_all", kind, string.Empty, null, cancellation).ConfigureAwait(false) as JsonArray ?? []).Select(StatusOf).ToArray();

    /// <summary>Running jobs as <c>kind[id]</c>.</summary>
    public async Task<IReadOnlyList<string>> GetRunningAsync(CancellationToken cancellation = default) =>
        (await QueryAsync("running_all", string.Empty, string.Empty, true, cancellation).ConfigureAwait(false) as JsonArray ?? []).Select(JsonReading.Text).ToArray();

    /// <summary>What each target says about the jobs asked for; empty when no target knows any.</summary>
    /// <param name="kind">Kind; empty for all.</param>
    /// <param name="id">Id; empty for all.</param>
    /// <param name="onlyRunning">True for running ones only, null for history too.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<IReadOnlyDictionary<string, IReadOnlyList<JobSnapshot>>> GetSnapshotsAsync(
        string kind, string id = "", bool? onlyRunning = null, CancellationToken cancellation = default)
    {
        var result = new SortedDictionary<string, IReadOnlyList<JobSnapshot>>(StringComparer.Ordinal);
        try
        {
            foreach (var (target, snapshots) in await QueryAsync("qryxstats", kind, id, onlyRunning, cancellation).ConfigureAwait(false) as JsonObject ?? [])
            {
                result[target] = (snapshots as JsonArray ?? []).Select(JobSnapshot.From).ToArray();
            }
        }
        catch (ApiException error) when (error.IsNotFound)
        {
            // "None found" is an answer, not a failure.
            result.Clear();
        }

        return result;
    }

    private Task<string> ActAsync(string action, string kind, string id, string? nodeId, bool force, CancellationToken cancellation)
    {
        var value = Arguments(kind, id, nodeId, force);
        return transport.TextAsync(JsonCalls.Request(HttpMethod.Put, "/v1/cluster", options.ControlTimeout, JsonCalls.Action(action, value)), cancellation);
    }

    private static JsonObject Arguments(string kind, string id, string? nodeId, bool force) => new()
    {
        ["ID"] = id,
        ["Kind"] = kind,
        ["DaemonID"] = nodeId ?? string.Empty,
        ["Bck"] = new JsonObject { ["name"] = string.Empty, ["provider"] = string.Empty, ["namespace"] = new JsonObject { ["uuid"] = string.Empty, ["name"] = string.Empty } },
        ["Buckets"] = null,
        ["Timeout"] = 0,
        ["Force"] = force,
        ["OnlyRunning"] = false,
    };

    private Task<JsonNode?> QueryAsync(string what, string kind, string id, bool? onlyRunning, CancellationToken cancellation)
    {
        var body = new JsonObject
        {
            ["show_active"] = onlyRunning,
            ["bck"] = new JsonObject { ["name"] = string.Empty, ["provider"] = string.Empty, ["namespace"] = new JsonObject { ["uuid"] = string.Empty, ["name"] = string.Empty } },
            ["id"] = id,
            ["kind"] = kind,
        };
        return transport.JsonAsync(JsonCalls.Request(HttpMethod.Get, Paths.Plain("/v1/cluster", ("what", what)), options.ControlTimeout, body), cancellation);
    }

    private static JobStatus StatusOf(JsonNode? json) =>
        new(json.Text("uuid"), json.Text("kind"), json.Text("err"), json.Int64("end_time"), json.Bool("aborted"));
}
