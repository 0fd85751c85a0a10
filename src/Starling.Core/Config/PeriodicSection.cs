using System.Text.Json;
using System.Text.Json.Serialization;
using Starling.Core.Wire;

namespace Starling.Core.Config;

/// <summary>What repeats.</summary>
public sealed record PeriodicSection
{
    /// <summary>Between two samples of statistics.</summary>
    [JsonPropertyName("stats_time")]
    public GoDuration StatsTime { get; set; } = GoDuration.Parse("10s");

    /// <summary>Between two tries to distribute metadata.</summary>
    [JsonPropertyName("retry_sync_time")]
    public GoDuration RetrySyncTime { get; set; } = GoDuration.Parse("2s");

    /// <summary>Between two reports of a job.</summary>
    [JsonPropertyName("notif_time")]
    public GoDuration NotifTime { get; set; } = GoDuration.Parse("30s");

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}
