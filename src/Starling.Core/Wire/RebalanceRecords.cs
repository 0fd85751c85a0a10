using System.Globalization;
using System.Text.Json.Serialization;

namespace Starling.Core.Wire;

/// <summary>What went between one target and another one.</summary>
public sealed record RebalancePeerWire
{
    /// <summary>The other one's id.</summary>
    [JsonPropertyName("node")]
    public string Node { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Objects.</summary>
    [JsonPropertyName("objects")]
    public long Objects { get; set; }

    /// <summary>Bytes.</summary>
    [JsonPropertyName("bytes")]
    public long Bytes { get; set; }
}

/// <summary>A name that could not be moved, or not be verified.</summary>
public sealed record RebalanceErrorWire
{
    /// <summary>The object, or what else it is about.</summary>
    [JsonPropertyName("subject")]
    public string Subject { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>The other target; empty: the trouble is here.</summary>
    [JsonPropertyName("node")]
    public string Node { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>In words.</summary>
    [JsonPropertyName("message")]
    public string Message { get; set => field = value ?? string.Empty; } = string.Empty;
}

/// <summary>One target's account of a rebalance.</summary>
public sealed record RebalanceTargetWire
{
    /// <summary>The <see cref="Stage"/> of a target that is through.</summary>
    public const string EndedStage = "ended";

    /// <summary>Its id.</summary>
    [JsonPropertyName("node")]
    public string Node { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>False: it does not answer; <see cref="Stage"/> is what the committed state knows, what it gave and took is what the others say, and the other members say nothing.</summary>
    [JsonPropertyName("answers")]
    public bool Answers { get; set; } = true;

    /// <summary>Id of the rebalance that the figures belong to, <c>g</c> and a number; empty: it made no pass since it started.</summary>
    [JsonPropertyName("rebalance_id")]
    public string RebalanceId { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Epoch of its pass; 0: it makes none.</summary>
    [JsonPropertyName("epoch")]
    public long Epoch { get; set; }

    /// <summary>
    /// <c>none</c>, <c>waiting</c>, <c>awaiting-writes</c>, <c>flushing</c>, <c>walking</c>, <c>verifying</c>, <c>blocked</c>, <c>reporting</c>, <c>cleaning</c> or <c>ended</c>.
    /// </summary>
    [JsonPropertyName("stage")]
    public string Stage { get; set => field = value ?? "none"; } = "none";

    /// <summary>Records that its walks came to.</summary>
    [JsonPropertyName("visited")]
    public long Visited { get; set; }

    /// <summary>Objects handed over whose content travelled.</summary>
    [JsonPropertyName("sent_objects")]
    public long SentObjects { get; set; }

    /// <summary>Bytes that travelled for them.</summary>
    [JsonPropertyName("sent_bytes")]
    public long SentBytes { get; set; }

    /// <summary>Objects handed over that the receivers had already: nothing travelled.</summary>
    [JsonPropertyName("present_objects")]
    public long PresentObjects { get; set; }

    /// <summary>Their bytes, which did not travel.</summary>
    [JsonPropertyName("present_bytes")]
    public long PresentBytes { get; set; }

    /// <summary>Objects handed over, whether their content had to travel or not.</summary>
    [JsonIgnore]
    public long HandedOverObjects => SentObjects + PresentObjects;

    /// <summary>Their bytes.</summary>
    [JsonIgnore]
    public long HandedOverBytes => SentBytes + PresentBytes;

    /// <summary>Objects taken over.</summary>
    [JsonPropertyName("received_objects")]
    public long ReceivedObjects { get; set; }

    /// <summary>Bytes taken over.</summary>
    [JsonPropertyName("received_bytes")]
    public long ReceivedBytes { get; set; }

    /// <summary>Handed-over objects that the receivers confirmed, <see cref="PresentObjects"/> included.</summary>
    [JsonPropertyName("verified_objects")]
    public long VerifiedObjects { get; set; }

    /// <summary>Objects that came back into service without moving bytes.</summary>
    [JsonPropertyName("revived_objects")]
    public long RevivedObjects { get; set; }

    /// <summary>Misplaced copies that its cleanup removed.</summary>
    [JsonPropertyName("removed_objects")]
    public long RemovedObjects { get; set; }

    /// <summary>Their bytes.</summary>
    [JsonPropertyName("removed_bytes")]
    public long RemovedBytes { get; set; }

    /// <summary>Misplaced copies that its cleanup came to.</summary>
    [JsonPropertyName("cleanup_visits")]
    public long CleanupVisits { get; set; }

    /// <summary>Counters of its cleanup, as <c>t[ID]:cleanup visits=10 loads=10 removed=9 keep-diverged=1</c>; empty: it makes none.</summary>
    [JsonPropertyName("cleanup")]
    public string Cleanup { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Objects that are visible there now.</summary>
    [JsonPropertyName("objects")]
    public long Objects { get; set; }

    /// <summary>Their bytes.</summary>
    [JsonPropertyName("bytes")]
    public long Bytes { get; set; }

    /// <summary>Percent done, 0 to 100; never 100 before the end of its pass.</summary>
    [JsonPropertyName("percent")]
    public double Percent { get; set; }

    /// <summary>Objects per second, lately.</summary>
    [JsonPropertyName("rate_objects")]
    public double ObjectsPerSecond { get; set; }

    /// <summary>Bytes per second, lately.</summary>
    [JsonPropertyName("rate_bytes")]
    public double BytesPerSecond { get; set; }

    /// <summary>Seconds until its end at this rate; -1 while not known.</summary>
    [JsonPropertyName("eta_s")]
    public long EtaSeconds { get; set; } = -1;

    /// <summary>Start of its pass, RFC 3339; <see cref="SnapWire.UnsetTime"/> before.</summary>
    [JsonPropertyName("started")]
    public string Started { get; set => field = value ?? SnapWire.UnsetTime; } = SnapWire.UnsetTime;

    /// <summary>End of its pass; <see cref="SnapWire.UnsetTime"/> while it runs.</summary>
    [JsonPropertyName("ended")]
    public string Ended { get; set => field = value ?? SnapWire.UnsetTime; } = SnapWire.UnsetTime;

    /// <summary>How many errors it met.</summary>
    [JsonPropertyName("error_count")]
    public long ErrorCount { get; set; }

    /// <summary>The first of them.</summary>
    [JsonPropertyName("errors")]
    public RebalanceErrorWire[] Errors { get; set => field = value ?? []; } = [];

    /// <summary>To whom, sorted by id.</summary>
    [JsonPropertyName("to")]
    public RebalancePeerWire[] To { get; set => field = value ?? []; } = [];

    /// <summary>From whom, sorted by id.</summary>
    [JsonPropertyName("from")]
    public RebalancePeerWire[] From { get; set => field = value ?? []; } = [];
}

/// <summary>A rebalance over all targets; <c>GET /v1/rebalance</c>.</summary>
public sealed record RebalanceWire
{
    /// <summary>A rebalance's number as clients name it: <c>g</c> and the number.</summary>
    public static string IdOf(long number) => string.Create(CultureInfo.InvariantCulture, $"g{number}");

    /// <summary><c>g</c> and a number; empty: there was none yet.</summary>
    [JsonPropertyName("id")]
    public string Id { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>GUID of its operation; empty: it runs by itself.</summary>
    [JsonPropertyName("task_id")]
    public string TaskId { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>The action that it serves, for example <c>decommission-node</c>.</summary>
    [JsonPropertyName("action")]
    public string Action { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary><c>none</c>, <c>running</c>, <c>finished</c> or <c>aborted</c>.</summary>
    [JsonPropertyName("state")]
    public string State { get; set => field = value ?? "none"; } = "none";

    /// <summary>Newest placement epoch.</summary>
    [JsonPropertyName("epoch")]
    public long Epoch { get; set; }

    /// <summary>Percent done over all targets, 0 to 100; never 100 before the end.</summary>
    [JsonPropertyName("percent")]
    public double Percent { get; set; }

    /// <summary>Seconds until the end; -1 while not known.</summary>
    [JsonPropertyName("eta_s")]
    public long EtaSeconds { get; set; } = -1;

    /// <summary>What is in its way; null: nothing.</summary>
    [JsonPropertyName("blocked")]
    public TaskBlockWire? Blocked { get; set; }

    /// <summary>One per target, sorted by id.</summary>
    [JsonPropertyName("targets")]
    public RebalanceTargetWire[] Targets { get; set => field = value ?? []; } = [];
}
