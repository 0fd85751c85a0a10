using System.Text.Json;
using System.Text.Json.Serialization;
using Starling.Core.Wire;

namespace Starling.Core.Config;

/// <summary>Memory.</summary>
public sealed record MemorySection
{
    /// <summary>Memory that stays free.</summary>
    [JsonPropertyName("min_free")]
    public SizeIec MinFree { get; set; } = SizeIec.Parse("2GiB");

    /// <summary>Buffer size.</summary>
    [JsonPropertyName("default_buf")]
    public SizeIec DefaultBuf { get; set; } = SizeIec.Parse("32KiB");

    /// <summary>Garbage is collected after this much was allocated.</summary>
    [JsonPropertyName("to_gc")]
    public SizeIec ToGc { get; set; } = SizeIec.Parse("4GiB");

    /// <summary>Between two looks.</summary>
    [JsonPropertyName("hk_time")]
    public GoDuration HkTime { get; set; } = GoDuration.Parse("3m");

    /// <summary>The same as a share of all memory, percent.</summary>
    [JsonPropertyName("min_pct_total")]
    public int MinPctTotal { get; set; }

    /// <summary>The same as a share of free memory, percent.</summary>
    [JsonPropertyName("min_pct_free")]
    public int MinPctFree { get; set; }

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}
