using System.Text.Json.Serialization;

namespace Starling.Core.Wire;

/// <summary>Answer to <c>GET /v1/nodes/{id}/safety</c>: whether the node may be powered off and its disks destroyed. Computed anew at each question.</summary>
public sealed record SafetyWire
{
    /// <summary>Verdict <c>safe</c>.</summary>
    public const string Safe = "safe";

    /// <summary>Verdict <c>unsafe</c>.</summary>
    public const string Unsafe = "unsafe";

    /// <summary>Verdict <c>unknown</c>: somebody who has to be heard is silent, or there is no leader.</summary>
    public const string Unknown = "unknown";

    /// <summary>Id of the node.</summary>
    [JsonPropertyName("node")]
    public string Node { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>One of the three verdicts.</summary>
    [JsonPropertyName("verdict")]
    public string Verdict { get; set => field = value ?? Unknown; } = Unknown;

    /// <summary>Why it is not safe, or what is not known; empty when safe.</summary>
    [JsonPropertyName("reasons")]
    public string[] Reasons { get; set => field = value ?? []; } = [];

    /// <summary>Ids of the nodes that are the reason, sorted.</summary>
    [JsonPropertyName("names")]
    public string[] Names { get; set => field = value ?? []; } = [];
}

/// <summary>First answer to an action on a node.</summary>
public sealed record ActionReplyWire
{
    /// <summary><c>queued</c> when a task runs; <c>completed</c> when the node was as wanted already.</summary>
    [JsonPropertyName("status")]
    public string Status { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Id of the task, a GUID; empty when there was nothing to do.</summary>
    [JsonPropertyName("task_id")]
    public string TaskId { get; set => field = value ?? string.Empty; } = string.Empty;
}

/// <summary>Why a task cannot go on.</summary>
public sealed record TaskBlockWire
{
    /// <summary>Kind of obstacle: <c>silent</c>, <c>errors</c>, <c>loss</c>, <c>out-of-space</c>, <c>roles</c>, <c>not-ready</c>, <c>may-run</c>, <c>receiver</c>.</summary>
    [JsonPropertyName("reason")]
    public string Reason { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>In words, with the remedy.</summary>
    [JsonPropertyName("text")]
    public string Text { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>What blocks it: nodes, mountpaths or objects.</summary>
    [JsonPropertyName("names")]
    public string[] Names { get; set => field = value ?? []; } = [];
}

/// <summary>How much of something has been done.</summary>
public sealed record TaskAmountWire
{
    /// <summary>All of it; -1 while not known.</summary>
    [JsonPropertyName("total")]
    public long Total { get; set; } = -1;

    /// <summary>Done so far.</summary>
    [JsonPropertyName("moved")]
    public long Moved { get; set; }

    /// <summary>Still to do; -1 while not known.</summary>
    [JsonPropertyName("left")]
    public long Left { get; set; } = -1;
}

/// <summary>What a node was before an operation: what its return restores.</summary>
public sealed record NodeSnapshotWire
{
    /// <summary>Name by which a return may ask for it: <c>maintenance_mode_</c> and the UTC time of the operation.</summary>
    [JsonPropertyName("name")]
    public string Name { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Id of the node.</summary>
    [JsonPropertyName("node")]
    public string Node { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Newest placement epoch then.</summary>
    [JsonPropertyName("epoch")]
    public long Epoch { get; set; }

    /// <summary>Administrative state then.</summary>
    [JsonPropertyName("state")]
    public string State { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Whether it could lead.</summary>
    [JsonPropertyName("electable")]
    public bool Electable { get; set; }

    /// <summary>Whether it voted.</summary>
    [JsonPropertyName("voter")]
    public bool Voter { get; set; }

    /// <summary>Weight in placement.</summary>
    [JsonPropertyName("weight")]
    public int Weight { get; set; }

    /// <summary>Ids of its mountpaths.</summary>
    [JsonPropertyName("mountpath_ids")]
    public string[] MountpathIds { get; set => field = value ?? []; } = [];
}

/// <summary>One operation as its clients see it.</summary>
public sealed record TaskWire
{
    /// <summary><c>queued</c>, <c>running</c>, <c>completed</c> or <c>cancelled</c>; a running one with an obstacle has <see cref="Blocked"/>.</summary>
    [JsonPropertyName("status")]
    public string Status { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Id of the task, a GUID; the same at every gateway and for ever.</summary>
    [JsonPropertyName("task_id")]
    public string TaskId { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Name of the operation in texts: <c>op</c> and a number.</summary>
    [JsonPropertyName("operation")]
    public string Operation { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>The action as the native interface names it, for example <c>start-maintenance</c>.</summary>
    [JsonPropertyName("action")]
    public string Action { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Ids of its nodes, sorted.</summary>
    [JsonPropertyName("nodes")]
    public string[] Nodes { get; set => field = value ?? []; } = [];

    /// <summary>Phase, for example <c>drain</c>.</summary>
    [JsonPropertyName("phase")]
    public string Phase { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Id of its rebalance, <c>g</c> and a number; empty: it moves no data.</summary>
    [JsonPropertyName("rebalance_id")]
    public string RebalanceId { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Percent done, 0 to 100; never 100 before the end.</summary>
    [JsonPropertyName("progress")]
    public double Progress { get; set; }

    /// <summary>Objects.</summary>
    [JsonPropertyName("objects")]
    public TaskAmountWire Objects { get; set => field = value ?? new(); } = new();

    /// <summary>Bytes.</summary>
    [JsonPropertyName("bytes")]
    public TaskAmountWire Bytes { get; set => field = value ?? new(); } = new();

    /// <summary>Objects per second, lately.</summary>
    [JsonPropertyName("rate_objects")]
    public double ObjectsPerSecond { get; set; }

    /// <summary>Bytes per second, lately.</summary>
    [JsonPropertyName("rate_bytes")]
    public double BytesPerSecond { get; set; }

    /// <summary>Seconds until the end at this rate; -1 while not known.</summary>
    [JsonPropertyName("eta_s")]
    public long EtaSeconds { get; set; } = -1;

    /// <summary>What is in its way; null: nothing.</summary>
    [JsonPropertyName("blocked")]
    public TaskBlockWire? Blocked { get; set; }

    /// <summary>How it ended; empty while it runs.</summary>
    [JsonPropertyName("ending")]
    public string Ending { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Whether it can be taken back.</summary>
    [JsonPropertyName("cancellable")]
    public bool Cancellable { get; set; }

    /// <summary>Who asked.</summary>
    [JsonPropertyName("requested_by")]
    public string RequestedBy { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>When, RFC 3339.</summary>
    [JsonPropertyName("created")]
    public string Created { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>No data moves.</summary>
    [JsonPropertyName("skip_rebalance")]
    public bool SkipRebalance { get; set; }

    /// <summary>Guards that were overridden, by name.</summary>
    [JsonPropertyName("force")]
    public string[] Force { get; set => field = value ?? []; } = [];

    /// <summary>What its nodes were before.</summary>
    [JsonPropertyName("snapshots")]
    public NodeSnapshotWire[] Snapshots { get; set => field = value ?? []; } = [];
}

/// <summary>One member as the leader and the committed state know it; <c>GET /v1/nodes</c>.</summary>
public sealed record NodeWire
{
    /// <summary>Its id.</summary>
    [JsonPropertyName("id")]
    public string Id { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary><c>proxy</c> or <c>target</c>.</summary>
    [JsonPropertyName("role")]
    public string Role { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Administrative state: <c>joining</c>, <c>in</c>, <c>draining</c>, <c>out</c>, <c>leaving</c>.</summary>
    [JsonPropertyName("state")]
    public string State { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary><c>online</c>, <c>suspect</c>, <c>offline</c>; empty where the leader was not asked.</summary>
    [JsonPropertyName("liveness")]
    public string Liveness { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Verdict about a node that is not in service; empty for the others.</summary>
    [JsonPropertyName("safety")]
    public string Safety { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Why it is not safe.</summary>
    [JsonPropertyName("reasons")]
    public string[] Reasons { get; set => field = value ?? []; } = [];

    /// <summary>GUID of the operation that concerns it; empty: none runs.</summary>
    [JsonPropertyName("task_id")]
    public string TaskId { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>The action of that operation; empty: none runs.</summary>
    [JsonPropertyName("action")]
    public string Action { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Its phase; empty: none runs.</summary>
    [JsonPropertyName("phase")]
    public string Phase { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Id of the rebalance in which it takes part; empty: none.</summary>
    [JsonPropertyName("rebalance_id")]
    public string RebalanceId { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>It votes.</summary>
    [JsonPropertyName("voter")]
    public bool Voter { get; set; }

    /// <summary>It leads.</summary>
    [JsonPropertyName("leader")]
    public bool Leader { get; set; }

    /// <summary>Targets: never commits below this epoch again; -1: it was never active.</summary>
    [JsonPropertyName("fenced")]
    public long Fenced { get; set; } = -1;

    /// <summary>Targets: holds nothing that belongs elsewhere as of this epoch; -1: it was never active.</summary>
    [JsonPropertyName("clean")]
    public long Clean { get; set; } = -1;

    /// <summary>Ids of mountpaths that it misses.</summary>
    [JsonPropertyName("lost_mountpath_ids")]
    public string[] LostMountpathIds { get; set => field = value ?? []; } = [];

    /// <summary>An administrator attests that its process is off.</summary>
    [JsonPropertyName("attested_off")]
    public bool AttestedOff { get; set; }

    /// <summary>Its process stopped in order.</summary>
    [JsonPropertyName("stopped")]
    public bool Stopped { get; set; }
}
