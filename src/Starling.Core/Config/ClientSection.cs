using System.Text.Json;
using System.Text.Json.Serialization;
using Starling.Core.Wire;

namespace Starling.Core.Config;

/// <summary>Limits of requests between nodes.</summary>
public sealed record ClientSection
{
    /// <summary>Short requests.</summary>
    [JsonPropertyName("client_timeout")]
    public GoDuration Timeout { get; set; } = GoDuration.Parse("10s");

    /// <summary>Long requests.</summary>
    [JsonPropertyName("client_long_timeout")]
    public GoDuration LongTimeout { get; set; } = GoDuration.Parse("5m");

    /// <summary>Listings.</summary>
    [JsonPropertyName("list_timeout")]
    public GoDuration ListTimeout { get; set; } = GoDuration.Parse("5m");

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}
