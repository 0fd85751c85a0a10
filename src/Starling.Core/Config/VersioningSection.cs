using System.Text.Json;
using System.Text.Json.Serialization;
using Starling.Core.Wire;

namespace Starling.Core.Config;

/// <summary>Versions of objects.</summary>
public sealed record VersioningSection
{
    /// <summary>Whether objects count their versions.</summary>
    [JsonPropertyName("enabled")]
    public bool Enabled { get; set; } = true;

    /// <summary>Compare with the remote version on each read.</summary>
    [JsonPropertyName("validate_warm_get")]
    public bool ValidateWarmGet { get; set; }

    /// <summary>Follow remote changes and deletions.</summary>
    [JsonPropertyName("synchronize")]
    public bool Synchronize { get; set; }

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}
