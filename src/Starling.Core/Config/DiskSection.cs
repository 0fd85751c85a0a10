using System.Text.Json;
using System.Text.Json.Serialization;
using Starling.Core.Wire;

namespace Starling.Core.Config;

/// <summary>Utilisation of disks.</summary>
public sealed record DiskSection
{
    /// <summary>Percent; idle below this.</summary>
    [JsonPropertyName("disk_util_low_wm")]
    public int DiskUtilLowWm { get; set; } = 20;

    /// <summary>Percent; busy above this.</summary>
    [JsonPropertyName("disk_util_high_wm")]
    public int DiskUtilHighWm { get; set; } = 80;

    /// <summary>Percent; saturated above this.</summary>
    [JsonPropertyName("disk_util_max_wm")]
    public int DiskUtilMaxWm { get; set; } = 95;

    /// <summary>Longest pause between samples.</summary>
    [JsonPropertyName("iostat_time_long")]
    public GoDuration IostatTimeLong { get; set; } = GoDuration.Parse("2s");

    /// <summary>Shortest pause between samples.</summary>
    [JsonPropertyName("iostat_time_short")]
    public GoDuration IostatTimeShort { get; set; } = GoDuration.Parse("100ms");

    /// <summary>Over which samples are averaged.</summary>
    [JsonPropertyName("iostat_time_smooth")]
    public GoDuration IostatTimeSmooth { get; set; } = GoDuration.Parse("8s");

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}
