using System.Text.Json.Serialization;

namespace Starling.Core.Wire;

/// <summary>Counters of a job; strings on the wire.</summary>
public sealed record SnapStatsWire
{
    /// <summary>Objects handled locally.</summary>
    [JsonPropertyName("loc-objs")]
    [JsonConverter(typeof(Int64StringConverter))]
    public long LocalObjects { get; set; }

    /// <summary>Bytes handled locally.</summary>
    [JsonPropertyName("loc-bytes")]
    [JsonConverter(typeof(Int64StringConverter))]
    public long LocalBytes { get; set; }

    /// <summary>Objects sent.</summary>
    [JsonPropertyName("out-objs")]
    [JsonConverter(typeof(Int64StringConverter))]
    public long SentObjects { get; set; }

    /// <summary>Bytes sent.</summary>
    [JsonPropertyName("out-bytes")]
    [JsonConverter(typeof(Int64StringConverter))]
    public long SentBytes { get; set; }

    /// <summary>Objects received.</summary>
    [JsonPropertyName("in-objs")]
    [JsonConverter(typeof(Int64StringConverter))]
    public long ReceivedObjects { get; set; }

    /// <summary>Bytes received.</summary>
    [JsonPropertyName("in-bytes")]
    [JsonConverter(typeof(Int64StringConverter))]
    public long ReceivedBytes { get; set; }
}

/// <summary>One job on one target.</summary>
public sealed record SnapWire
{
    /// <summary>What a time looks like that is not set.</summary>
    public const string UnsetTime = "0001-01-01T00:00:00Z";

    /// <summary>Start, RFC 3339 with nanoseconds.</summary>
    [JsonPropertyName("start-time")]
    public string StartTime { get; set => field = value ?? UnsetTime; } = UnsetTime;

    /// <summary>End; <see cref="UnsetTime"/> while it runs.</summary>
    [JsonPropertyName("end-time")]
    public string EndTime { get; set => field = value ?? UnsetTime; } = UnsetTime;

    /// <summary>Bucket.</summary>
    [JsonPropertyName("bck")]
    public BckWire? Bucket { get; set; } = new();

    /// <summary>Source bucket.</summary>
    [JsonPropertyName("src-bck")]
    public BckWire? SourceBucket { get; set; } = new();

    /// <summary>Destination bucket.</summary>
    [JsonPropertyName("dst-bck")]
    public BckWire? DestinationBucket { get; set; } = new();

    /// <summary>Job id.</summary>
    [JsonPropertyName("id")]
    public string Id { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Kind.</summary>
    [JsonPropertyName("kind")]
    public string Kind { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Control text.</summary>
    [JsonPropertyName("ctlmsg")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ControlMessage { get; set; }

    /// <summary>Why it was aborted.</summary>
    [JsonPropertyName("abort-err")]
    public string AbortError { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>What went wrong.</summary>
    [JsonPropertyName("err")]
    public string Error { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Workers, packed; a string.</summary>
    [JsonPropertyName("glob.id")]
    [JsonConverter(typeof(Int64StringConverter))]
    public long GlobalId { get; set; }

    /// <summary>Counters.</summary>
    [JsonPropertyName("stats")]
    public SnapStatsWire? Stats { get; set; } = new();

    /// <summary>Aborted.</summary>
    [JsonPropertyName("aborted")]
    public bool Aborted { get; set; }

    /// <summary>Idle.</summary>
    [JsonPropertyName("is_idle")]
    public bool IsIdle { get; set; }
}

/// <summary>Status of a job over all targets.</summary>
public sealed record JobStatusWire
{
    /// <summary>Kind.</summary>
    [JsonPropertyName("kind")]
    public string Kind { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Job id.</summary>
    [JsonPropertyName("uuid")]
    public string Uuid { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>What went wrong.</summary>
    [JsonPropertyName("err")]
    public string Error { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Unix time, nanoseconds; 0 while it runs.</summary>
    [JsonPropertyName("end_time")]
    public long EndTimeNs { get; set; }

    /// <summary>Aborted.</summary>
    [JsonPropertyName("aborted")]
    public bool Aborted { get; set; }

    /// <summary>Nothing to do; left out when false.</summary>
    [JsonPropertyName("is_idle")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsIdle { get; set; }
}

/// <summary>Which jobs are asked for. Clients differ in the case of the keys and in <c>id</c>/<c>ID</c>, <c>node</c>/<c>DaemonID</c>.</summary>
public sealed record QueryMessageWire
{
    /// <summary>Only running ones.</summary>
    [JsonPropertyName("show_active")]
    public bool? OnlyRunning { get; set; }

    /// <summary>Bucket.</summary>
    [JsonPropertyName("bck")]
    public BckWire? Bucket { get; set; }

    /// <summary>Job id.</summary>
    [JsonPropertyName("id")]
    public string? Id { get; set; }

    /// <summary>Kind or display name.</summary>
    [JsonPropertyName("kind")]
    public string? Kind { get; set; }

    /// <summary>Target, as the Go client calls it.</summary>
    [JsonPropertyName("node")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Node { get; set; }

    /// <summary>Target, as the Python client calls it.</summary>
    [JsonPropertyName("DaemonID")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? DaemonId { get; set; }

    /// <summary>Buckets.</summary>
    [JsonPropertyName("buckets")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public BckWire[]? Buckets { get; set; }
}

/// <summary>Argument of starting and stopping a job; keys are capitalised on the wire.</summary>
public sealed record JobArgumentsWire
{
    /// <summary>Job id.</summary>
    [JsonPropertyName("ID")]
    public string? Id { get; set; } = string.Empty;

    /// <summary>Kind or display name.</summary>
    [JsonPropertyName("Kind")]
    public string? Kind { get; set; } = string.Empty;

    /// <summary>Target.</summary>
    [JsonPropertyName("DaemonID")]
    public string? DaemonId { get; set; } = string.Empty;

    /// <summary>Bucket.</summary>
    [JsonPropertyName("Bck")]
    public BckWire? Bucket { get; set; }

    /// <summary>Buckets.</summary>
    [JsonPropertyName("Buckets")]
    public BckWire[]? Buckets { get; set; }

    /// <summary>Nanoseconds.</summary>
    [JsonPropertyName("Timeout")]
    public long TimeoutNs { get; set; }

    /// <summary>Bits.</summary>
    [JsonPropertyName("flags")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public uint Flags { get; set; }

    /// <summary>Force.</summary>
    [JsonPropertyName("Force")]
    public bool Force { get; set; }

    /// <summary>Only running ones.</summary>
    [JsonPropertyName("OnlyRunning")]
    public bool OnlyRunning { get; set; }
}
