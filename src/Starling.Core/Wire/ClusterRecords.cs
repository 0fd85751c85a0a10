using System.Text.Json;
using System.Text.Json.Serialization;

namespace Starling.Core.Wire;

/// <summary>One network address of a node.</summary>
public sealed record NetInfoWire
{
    /// <summary>Host name or address.</summary>
    [JsonPropertyName("node_ip_addr")]
    public string Host { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Port; a string on the wire.</summary>
    [JsonPropertyName("daemon_port")]
    public string Port { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>URL with scheme, without trailing slash.</summary>
    [JsonPropertyName("direct_url")]
    public string Url { get; set => field = value ?? string.Empty; } = string.Empty;
}

/// <summary>A node as clients know it.</summary>
public sealed record SnodeWire
{
    /// <summary>Flag: may not lead.</summary>
    public const ulong NonElectable = 1;

    /// <summary>Flag: keeps job status; up to three electable gateways, the primary among them.</summary>
    public const ulong InformationCenter = 2;

    /// <summary>Flag: in maintenance.</summary>
    public const ulong Maintenance = 4;

    /// <summary>Flag: being decommissioned.</summary>
    public const ulong Decommission = 8;

    /// <summary>Flag: in maintenance, and rebalance has finished.</summary>
    public const ulong MaintenancePostRebalance = 16;

    /// <summary>Where clients talk to the node.</summary>
    [JsonPropertyName("public_net")]
    public NetInfoWire Public { get; set => field = value ?? new(); } = new();

    /// <summary>Where other nodes move data.</summary>
    [JsonPropertyName("intra_data_net")]
    public NetInfoWire Data { get; set => field = value ?? new(); } = new();

    /// <summary>Where other nodes talk to it.</summary>
    [JsonPropertyName("intra_control_net")]
    public NetInfoWire Control { get; set => field = value ?? new(); } = new();

    /// <summary><c>proxy</c> or <c>target</c>.</summary>
    [JsonPropertyName("daemon_type")]
    public string Type { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>The node's id.</summary>
    [JsonPropertyName("daemon_id")]
    public string Id { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Further public addresses; left out when there are none.</summary>
    [JsonPropertyName("pub_extra")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public NetInfoWire[]? PublicExtra { get; set; }

    /// <summary>Bits, see the constants of this type; a number on the wire.</summary>
    [JsonPropertyName("flags")]
    public ulong Flags { get; set; }

    /// <summary>Placement digest of the id: a full-range unsigned 64-bit number on the wire.</summary>
    [JsonPropertyName("id_digest")]
    public ulong IdDigest { get; set; }

    /// <summary>Key that signatures of the node are checked with; left out when there is none.</summary>
    [JsonPropertyName("verifying_key")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? VerifyingKey { get; set; }
}

/// <summary>The cluster map.</summary>
public sealed record SmapWire
{
    /// <summary>Gateways by id.</summary>
    [JsonPropertyName("pmap")]
    public SortedDictionary<string, SnodeWire>? Gateways { get; set; } = [];

    /// <summary>The primary; null while there is none.</summary>
    [JsonPropertyName("proxy_si")]
    public SnodeWire? Primary { get; set; }

    /// <summary>Targets by id.</summary>
    [JsonPropertyName("tmap")]
    public SortedDictionary<string, SnodeWire>? Targets { get; set; } = [];

    /// <summary>Cluster id.</summary>
    [JsonPropertyName("uuid")]
    public string Uuid { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary><c>yyyy-MM-dd HH:mm:ss</c>, UTC.</summary>
    [JsonPropertyName("creation_time")]
    public string CreationTime { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Strictly growing; a string on the wire.</summary>
    [JsonPropertyName("version")]
    [JsonConverter(typeof(Int64StringConverter))]
    public long Version { get; set; }
}

/// <summary>Bucket metadata: provider, then namespace, then bucket name.</summary>
public sealed record BmdWire
{
    /// <summary>Properties of every bucket, as documents.</summary>
    [JsonPropertyName("providers")]
    public SortedDictionary<string, SortedDictionary<string, SortedDictionary<string, JsonElement>>>? Providers { get; set; } = [];

    /// <summary>Cluster id.</summary>
    [JsonPropertyName("uuid")]
    public string Uuid { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Strictly growing; a string on the wire.</summary>
    [JsonPropertyName("version")]
    [JsonConverter(typeof(Int64StringConverter))]
    public long Version { get; set; }
}

/// <summary>Rebalance metadata; here the version is a number.</summary>
public sealed record RmdWire
{
    /// <summary>Cluster id.</summary>
    [JsonPropertyName("cluster_id")]
    public string ClusterId { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Targets of the newest rebalance; left out when there are none.</summary>
    [JsonPropertyName("target_ids")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string[]? TargetIds { get; set; }

    /// <summary>Version; the id of a rebalance is <c>g</c> and this number.</summary>
    [JsonPropertyName("version")]
    public long Version { get; set; }
}

/// <summary>Everything a joining node would need, as one answer.</summary>
public sealed record CluMetaWire
{
    /// <summary>Cluster map.</summary>
    [JsonPropertyName("smap")]
    public SmapWire? Smap { get; set; }

    /// <summary>Bucket metadata.</summary>
    [JsonPropertyName("bmd")]
    public BmdWire? Bmd { get; set; }

    /// <summary>Rebalance metadata.</summary>
    [JsonPropertyName("rmd")]
    public RmdWire? Rmd { get; set; }

    /// <summary>Cluster configuration.</summary>
    [JsonPropertyName("config")]
    public JsonElement? Config { get; set; }

    /// <summary>The answering node.</summary>
    [JsonPropertyName("si")]
    public SnodeWire? Self { get; set; }

    /// <summary>Unix time, nanoseconds.</summary>
    [JsonPropertyName("prime_time")]
    public long PrimeTimeNs { get; set; }

    /// <summary>State bits of the node.</summary>
    [JsonPropertyName("flags")]
    public ulong Flags { get; set; }
}

/// <summary>The body of an error; on HEAD it travels in the header <c>Hdr-Error</c>.</summary>
public sealed record ErrorWire
{
    /// <summary>Type name that clients test; left out when there is none.</summary>
    [JsonPropertyName("tcode")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TypeCode { get; set; }

    /// <summary>For people, and for clients that look for bucket URIs in it.</summary>
    [JsonPropertyName("message")]
    public string Message { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>HTTP method.</summary>
    [JsonPropertyName("method")]
    public string Method { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Path of the request.</summary>
    [JsonPropertyName("url_path")]
    public string UrlPath { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Address of the client.</summary>
    [JsonPropertyName("remote_addr")]
    public string RemoteAddress { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Calling node, when a node called.</summary>
    [JsonPropertyName("caller")]
    public string Caller { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Display name of the answering node.</summary>
    [JsonPropertyName("node")]
    public string Node { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Equals the status line.</summary>
    [JsonPropertyName("status")]
    public int Status { get; set; }
}

/// <summary>The body of most control calls.</summary>
public sealed record ActionMessageWire
{
    /// <summary>Argument of the action; any JSON.</summary>
    [JsonPropertyName("value")]
    public JsonElement? Value { get; set; }

    /// <summary>What to do.</summary>
    [JsonPropertyName("action")]
    public string? Action { get; set; }

    /// <summary>A name, by action.</summary>
    [JsonPropertyName("name")]
    public string? Name { get; set; }
}

/// <summary>A namespace.</summary>
public sealed record NamespaceWire
{
    /// <summary>Cluster of the namespace; empty for this one.</summary>
    [JsonPropertyName("uuid")]
    public string? Uuid { get; set; } = string.Empty;

    /// <summary>Its name.</summary>
    [JsonPropertyName("name")]
    public string? Name { get; set; } = string.Empty;
}

/// <summary>A bucket.</summary>
public sealed record BckWire
{
    /// <summary>Its name.</summary>
    [JsonPropertyName("name")]
    public string? Name { get; set; } = string.Empty;

    /// <summary>Provider or alias; absent is <c>ais</c>.</summary>
    [JsonPropertyName("provider")]
    public string? Provider { get; set; } = string.Empty;

    /// <summary>Namespace; absent is the global one.</summary>
    [JsonPropertyName("namespace")]
    public NamespaceWire? Namespace { get; set; } = new();

    /// <summary>The wire form of a name.</summary>
    public static BckWire From(Names.BucketName bucket)
    {
        ArgumentNullException.ThrowIfNull(bucket);
        var hash = bucket.Namespace.IndexOf('#', StringComparison.Ordinal);
        return new BckWire
        {
            Name = bucket.Name,
            Provider = bucket.Provider,
            Namespace = new NamespaceWire { Uuid = bucket.Namespace[1..hash], Name = bucket.Namespace[(hash + 1)..] },
        };
    }

    /// <summary>Parses it; false with what is wrong.</summary>
    public bool TryParse(out Names.BucketName? bucket, out string? error)
    {
        var space = string.IsNullOrEmpty(Namespace?.Uuid) && string.IsNullOrEmpty(Namespace?.Name) ? null : $"@{Namespace?.Uuid}#{Namespace?.Name}";
        return Names.BucketName.TryParse(Provider, space, Name, out bucket, out error);
    }
}

/// <summary>The answer to an administrative join.</summary>
public sealed record JoinReplyWire
{
    /// <summary>Id of the node.</summary>
    [JsonPropertyName("daemon_id")]
    public string NodeId { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Of the rebalance that it started; empty for none.</summary>
    [JsonPropertyName("rebalance_id")]
    public string RebalanceId { get; set => field = value ?? string.Empty; } = string.Empty;
}

/// <summary>Attached remote clusters.</summary>
public sealed record RemoteClustersWire
{
    /// <summary>Clusters; none are offered yet.</summary>
    [JsonPropertyName("a")]
    public string[] Clusters { get; set => field = value ?? []; } = [];

    /// <summary>Version.</summary>
    [JsonPropertyName("ver")]
    public long Version { get; set; }
}

/// <summary>Argument of the membership actions.</summary>
public sealed record RemoveNodeWire
{
    /// <summary>One node; exclusive with <see cref="NodeIds"/>.</summary>
    [JsonPropertyName("sid")]
    public string? NodeId { get; set; } = string.Empty;

    /// <summary>Several nodes.</summary>
    [JsonPropertyName("sids")]
    public string[]? NodeIds { get; set; }

    /// <summary>Do not rebalance.</summary>
    [JsonPropertyName("skip_rebalance")]
    public bool SkipRebalance { get; set; }

    /// <summary>Remove user data.</summary>
    [JsonPropertyName("rm_user_data")]
    public bool RemoveUserData { get; set; }

    /// <summary>Keep the initial configuration.</summary>
    [JsonPropertyName("keep_initial_config")]
    public bool KeepInitialConfig { get; set; }

    /// <summary>Do not stop the process.</summary>
    [JsonPropertyName("no_shutdown")]
    public bool NoShutdown { get; set; }

    /// <summary>Guards to override, by name; ours, other clients do not send it.</summary>
    [JsonPropertyName("force")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string[]? Force { get; set; }
}
