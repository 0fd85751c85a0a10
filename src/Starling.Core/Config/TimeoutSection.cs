using System.Text.Json;
using System.Text.Json.Serialization;
using Starling.Core.Wire;

namespace Starling.Core.Config;

/// <summary>Limits of time.</summary>
public sealed record TimeoutSection
{
    /// <summary>A control message.</summary>
    [JsonPropertyName("cplane_operation")]
    public GoDuration ControlPlaneOperation { get; set; } = GoDuration.Parse("2s");

    /// <summary>Longest time of a sign of life.</summary>
    [JsonPropertyName("max_keepalive")]
    public GoDuration MaxKeepalive { get; set; } = GoDuration.Parse("5s");

    /// <summary>A node that does not answer for this long is busy.</summary>
    [JsonPropertyName("max_host_busy")]
    public GoDuration MaxHostBusy { get; set; } = GoDuration.Parse("20s");

    /// <summary>Start of a node.</summary>
    [JsonPropertyName("startup_time")]
    public GoDuration StartupTime { get; set; } = GoDuration.Parse("1m");

    /// <summary>Start of a node until it is a member.</summary>
    [JsonPropertyName("join_startup_time")]
    public GoDuration JoinStartupTime { get; set; } = GoDuration.Parse("3m");

    /// <summary>Sending one object.</summary>
    [JsonPropertyName("send_file_time")]
    public GoDuration SendFileTime { get; set; } = GoDuration.Parse("5m");

    /// <summary>Idle streams of erasure coding.</summary>
    [JsonPropertyName("ec_streams_time")]
    public GoDuration EcStreamsTime { get; set; } = GoDuration.Parse("10m");

    /// <summary>Cached metadata of objects.</summary>
    [JsonPropertyName("object_md")]
    public GoDuration ObjectMd { get; set; } = GoDuration.Parse("2h0m");

    /// <summary>Waiting for another cold read of the same object.</summary>
    [JsonPropertyName("cold_get_conflict")]
    public GoDuration ColdGetConflict { get; set; } = GoDuration.Parse("5s");

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}
