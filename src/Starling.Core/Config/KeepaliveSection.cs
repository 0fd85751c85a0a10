using System.Text.Json;
using System.Text.Json.Serialization;
using Starling.Core.Wire;

namespace Starling.Core.Config;

/// <summary>How the failure of nodes is noticed, as clients see it; consensus has its own timers.</summary>
public sealed record KeepaliveSection
{
    /// <summary>Of gateways.</summary>
    [JsonPropertyName("proxy")]
    public KeepaliveTracker Proxy { get; set => field = value ?? new(); } = new();

    /// <summary>Of targets.</summary>
    [JsonPropertyName("target")]
    public KeepaliveTracker Target { get; set => field = value ?? new(); } = new();

    /// <summary>Tries before a node counts as failed.</summary>
    [JsonPropertyName("num_retries")]
    public int NumRetries { get; set; } = 3;

    /// <summary>Growth of the pause between tries.</summary>
    [JsonPropertyName("retry_factor")]
    public int RetryFactor { get; set; } = 4;

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>How one kind of node is watched.</summary>
public sealed record KeepaliveTracker
{
    /// <summary>Method: <c>heartbeat</c> or <c>average</c>.</summary>
    [JsonPropertyName("name")]
    public string Name { get; set => field = value ?? "heartbeat"; } = "heartbeat";

    /// <summary>Between two signs of life.</summary>
    [JsonPropertyName("interval")]
    public GoDuration Interval { get; set; } = GoDuration.Parse("10s");

    /// <summary>Intervals without a sign of life that are tolerated.</summary>
    [JsonPropertyName("factor")]
    public int Factor { get; set; } = 3;

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}
