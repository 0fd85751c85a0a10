using System.Text.Json.Serialization;

namespace Starling.Core.Wire;

/// <summary>Counters of a job; strings on the wire.</summary>
public sealed record SnapStatsWire
{
    /// <summary>Objects handled locally.</summary>
    [JsonPropertyName("loc-objs")]
    [JsonConverter(typeof(Int64StringConverter))]
    public long LocalObjects { get; init; }

    /// <summary>Bytes handled locally.</summary>
    [JsonPropertyName("loc-bytes")]
    [JsonConverter(typeof(Int64StringConverter))]
    public long LocalBytes { get; init; }

    /// <summary>Objects sent.</summary>
    [JsonPropertyName("out-objs")]
    [JsonConverter(typeof(Int64StringConverter))]
    public long SentObjects { get; init; }

    /// <summary>Bytes sent.</summary>
    [JsonPropertyName("out-bytes")]
    [JsonConverter(typeof(Int64StringConverter))]
    public long SentBytes { get; init; }

    /// <summary>Objects received.</summary>
    [JsonPropertyName("in-objs")]
    [JsonConverter(typeof(Int64StringConverter))]
    public long ReceivedObjects { get; init; }

    /// <summary>Bytes received.</summary>
    [JsonPropertyName("in-bytes")]
    [JsonConverter(typeof(Int64StringConverter))]
    public long ReceivedBytes { get; init; }
}

/// <summary>One job on one target.</summary>
public sealed record SnapWire
{
    /// <summary>What a time looks like that is not set.</summary>
    public const string UnsetTime = "0001-01-01T00:00:00Z";

    /// <summary>Start, RFC 3339 with nanoseconds.</summary>
    [JsonPropertyName("start-time")]
    public string StartTime { get; init; } = UnsetTime;

    /// <summary>End; <see cref="UnsetTime"/> while it runs.</summary>
    [JsonPropertyName("end-time")]
    public string EndTime { get; init; } = UnsetTime;

    /// <summary>Bucket.</summary>
    [JsonPropertyName("bck")]
    public BckWire? Bucket { get; init; } = new();

    /// <summary>Source bucket.</summary>
    [JsonPropertyName("src-bck")]
    public BckWire? SourceBucket { get; init; } = new();

    /// <summary>Destination bucket.</summary>
    [JsonPropertyName("dst-bck")]
    public BckWire? DestinationBucket { get; init; } = new();

    /// <summary>Job id.</summary>
    [JsonPropertyName("id")]
    public string Id { get; init; } = string.Empty;

    /// <summary>Kind.</summary>
    [JsonPropertyName("kind")]
    public string Kind { get; init; } = string.Empty;

    /// <summary>Control text.</summary>
    [JsonPropertyName("ctlmsg")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ControlMessage { get; init; }

    /// <summary>Why it was aborted.</summary>
    [JsonPropertyName("abort-err")]
    public string AbortError { get; init; } = string.Empty;

    /// <summary>What went wrong.</summary>
    [JsonPropertyName("err")]
    public string Error { get; init; } = string.Empty;

    /// <summary>Workers, packed; a string.</summary>
    [JsonPropertyName("glob.id")]
    [JsonConverter(typeof(Int64StringConverter))]
    public long GlobalId { get; init; }

    /// <summary>Counters.</summary>
    [JsonPropertyName("stats")]
    public SnapStatsWire? Stats { get; init; } = new();

    /// <summary>Aborted.</summary>
    [JsonPropertyName("aborted")]
    public bool Aborted { get; init; }

    /// <summary>Idle.</summary>
    [JsonPropertyName("is_idle")]
    public bool IsIdle { get; init; }
}

/// <summary>Status of a job over all targets.</summary>
public sealed record JobStatusWire
{
    /// <summary>Kind.</summary>
    [JsonPropertyName("kind")]
    public string Kind { get; init; } = string.Empty;

    /// <summary>Job id.</summary>
    [JsonPropertyName("uuid")]
    public string Uuid { get; init; } = string.Empty;

    /// <summary>What went wrong.</summary>
    [JsonPropertyName("err")]
    public string Error { get; init; } = string.Empty;

    /// <summary>Unix time, nanoseconds; 0 while it runs.</summary>
    [JsonPropertyName("end_time")]
    public long EndTimeNs { get; init; }

    /// <summary>Aborted.</summary>
    [JsonPropertyName("aborted")]
    public bool Aborted { get; init; }
}

/// <summary>Which jobs are asked for. Clients differ in the case of the keys and in <c>id</c>/<c>ID</c>, <c>node</c>/<c>DaemonID</c>.</summary>
public sealed record QueryMessageWire
{
    /// <summary>Only running ones.</summary>
    [JsonPropertyName("show_active")]
    public bool? OnlyRunning { get; init; }

    /// <summary>Bucket.</summary>
    [JsonPropertyName("bck")]
    public BckWire? Bucket { get; init; }

    /// <summary>Job id.</summary>
    [JsonPropertyName("id")]
    public string? Id { get; init; }

    /// <summary>Kind or display name.</summary>
    [JsonPropertyName("kind")]
    public string? Kind { get; init; }

    /// <summary>Target, as the Go client calls it.</summary>
    [JsonPropertyName("node")]
    public string? Node { get; init; }

    /// <summary>Target, as the Python client calls it.</summary>
    [JsonPropertyName("DaemonID")]
    public string? DaemonId { get; init; }
}

/// <summary>Argument of starting and stopping a job; keys are capitalised on the wire.</summary>
public sealed record JobArgumentsWire
{
    /// <summary>Job id.</summary>
    [JsonPropertyName("ID")]
    public string? Id { get; init; } = string.Empty;

    /// <summary>Kind or display name.</summary>
    [JsonPropertyName("Kind")]
    public string? Kind { get; init; } = string.Empty;

    /// <summary>Target.</summary>
    [JsonPropertyName("DaemonID")]
    public string? DaemonId { get; init; } = string.Empty;

    /// <summary>Bucket.</summary>
    [JsonPropertyName("Bck")]
    public BckWire? Bucket { get; init; }

    /// <summary>Buckets.</summary>
    [JsonPropertyName("Buckets")]
    public BckWire[]? Buckets { get; init; }

    /// <summary>Nanoseconds.</summary>
    [JsonPropertyName("Timeout")]
    public long TimeoutNs { get; init; }

    /// <summary>Bits.</summary>
    [JsonPropertyName("flags")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public uint Flags { get; init; }

    /// <summary>Force.</summary>
    [JsonPropertyName("Force")]
    public bool Force { get; init; }

    /// <summary>Only running ones.</summary>
    [JsonPropertyName("OnlyRunning")]
    public bool OnlyRunning { get; init; }
}
