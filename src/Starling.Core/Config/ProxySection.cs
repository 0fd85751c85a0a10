using System.Text.Json;
using System.Text.Json.Serialization;
using Starling.Core.Wire;

namespace Starling.Core.Config;

/// <summary>Where gateways look for the cluster.</summary>
public sealed record ProxySection
{
    /// <summary>Control address of the primary.</summary>
    [JsonPropertyName("primary_url")]
    public string PrimaryUrl { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Control address of the first primary.</summary>
    [JsonPropertyName("original_url")]
    public string OriginalUrl { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Another place to ask.</summary>
    [JsonPropertyName("discovery_url")]
    public string DiscoveryUrl { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Whether this gateway must not become primary.</summary>
    [JsonPropertyName("non_electable")]
    public bool NonElectable { get; set; }

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}
