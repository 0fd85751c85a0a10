using System.Text.Json;
using System.Text.Json.Serialization;
using Starling.Core.Wire;

namespace Starling.Core.Config;

/// <summary>Download jobs.</summary>
public sealed record DownloaderSection
{
    /// <summary>Limit of one download.</summary>
    [JsonPropertyName("timeout")]
    public GoDuration Timeout { get; set; } = GoDuration.Parse("1h0m");

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}
