using System.Text.Json;
using System.Text.Json.Serialization;
using Starling.Core.Wire;

namespace Starling.Core.Config;

/// <summary>How much of a target a rebalance may take.</summary>
public sealed record PaceSection
{
    /// <summary>What a target sends at most, bytes per second; 0: no cap.</summary>
    [JsonPropertyName("max_bytes_per_second")]
    public SizeIec MaxBytesPerSecond { get; set; }

    /// <summary>Clients' slowest hundredth may take so many times longer than without a rebalance, percent: 200 is twice as long.</summary>
    [JsonPropertyName("latency_percent")]
    public int LatencyPercent { get; set; } = 200;

    /// <summary>Or so much longer, whichever allows more.</summary>
    [JsonPropertyName("latency_slack")]
    public GoDuration LatencySlack { get; set; } = GoDuration.Parse("20ms");

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}
