using System.Text.Json;
using System.Text.Json.Serialization;
using Starling.Core.Wire;

namespace Starling.Core.Config;

/// <summary>Watermarks of used space, percent.</summary>
public sealed record SpaceSection
{
    /// <summary>Above this, leftovers are cleaned.</summary>
    [JsonPropertyName("cleanupwm")]
    public int CleanupWatermark { get; set; } = 65;

    /// <summary>Eviction stops below this.</summary>
    [JsonPropertyName("lowwm")]
    public int LowWatermark { get; set; } = 75;

    /// <summary>Eviction starts above this.</summary>
    [JsonPropertyName("highwm")]
    public int HighWatermark { get; set; } = 90;

    /// <summary>Writes are refused above this.</summary>
    [JsonPropertyName("out_of_space")]
    public int OutOfSpace { get; set; } = 95;

    /// <summary>Names per cleaning step.</summary>
    [JsonPropertyName("batch_size")]
    public int BatchSize { get; set; } = 32768;

    /// <summary>Younger leftovers are kept.</summary>
    [JsonPropertyName("dont_cleanup_time")]
    public GoDuration DontCleanupTime { get; set; } = GoDuration.Parse("2h0m");

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}
