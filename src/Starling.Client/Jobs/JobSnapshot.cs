using System.Globalization;
using System.Text.Json.Nodes;
using Starling.Client.Transport;

namespace Starling.Client.Jobs;

/// <summary>One target's account of one job.</summary>
public sealed record JobSnapshot
{
    /// <summary>Id of the job, for example <c>g12</c>.</summary>
    public required string Id { get; init; }

    /// <summary>Kind, for example <c>rebalance</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Canonical name of the bucket; empty when the job concerns none or all.</summary>
    public required string Bucket { get; init; }

    /// <summary>How the job was asked for; empty when the server does not say.</summary>
    public required string ControlMessage { get; init; }

    /// <summary>Start, null when not started.</summary>
    public required DateTimeOffset? Start { get; init; }

    /// <summary>End, null while running.</summary>
    public required DateTimeOffset? End { get; init; }

    /// <summary>True when the job was stopped.</summary>
    public required bool IsAborted { get; init; }

    /// <summary>Why it was stopped; empty when it was not.</summary>
    public required string AbortError { get; init; }

    /// <summary>Errors on the way; empty when there were none.</summary>
    public required string Error { get; init; }

    /// <summary>True when the job has nothing to do at the moment.</summary>
    public required bool IsIdle { get; init; }

    /// <summary>Objects and bytes processed locally.</summary>
    public required (long Objects, long Bytes) Local { get; init; }

    /// <summary>Objects and bytes sent.</summary>
    public required (long Objects, long Bytes) Sent { get; init; }

    /// <summary>Objects and bytes received.</summary>
    public required (long Objects, long Bytes) Received { get; init; }

    /// <summary>True between start and end.</summary>
    public bool IsRunning => Start is not null && End is null && !IsAborted;

    internal static JobSnapshot From(JsonNode? json)
    {
        var stats = json.Member("stats");
        var bucket = json.Member("bck");
        return new JobSnapshot
        {
            Id = json.Text("id"),
            Kind = json.Text("kind"),
            Bucket = bucket.Text("name") is { Length: > 0 } name ? $"{bucket.Text("provider")}://{name}" : string.Empty,
            ControlMessage = json.Text("ctlmsg"),
            Start = TimeOf(json.Text("start-time")),
            End = TimeOf(json.Text("end-time")),
            IsAborted = json.Bool("aborted"),
            AbortError = json.Text("abort-err"),
            Error = json.Text("err"),
            IsIdle = json.Bool("is_idle"),
            Local = (stats.Int64("loc-objs"), stats.Int64("loc-bytes")),
            Sent = (stats.Int64("out-objs"), stats.Int64("out-bytes")),
            Received = (stats.Int64("in-objs"), stats.Int64("in-bytes")),
        };
    }

    private static DateTimeOffset? TimeOf(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) && time.Year > 1 ? time : null;
}

/// <summary>The cluster's account of one job.</summary>
/// <param name="Id">Id of the job.</param>
/// <param name="Kind">Kind of the job.</param>
/// <param name="Error">Errors on the way; empty when there were none.</param>
/// <param name="EndTimeNs">End in nanoseconds since 1970; 0 while running.</param>
/// <param name="IsAborted">True when it was stopped.</param>
public sealed record JobStatus(string Id, string Kind, string Error, long EndTimeNs, bool IsAborted);
