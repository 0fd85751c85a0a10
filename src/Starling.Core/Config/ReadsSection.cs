using System.Text.Json;
using System.Text.Json.Serialization;

namespace Starling.Core.Config;

/// <summary>How objects are read.</summary>
public sealed record ReadsSection
{
    /// <summary>A target without a lease refuses what it has, instead of serving it marked as possibly stale.</summary>
    [JsonPropertyName("refuse_stale")]
    public bool RefuseStale { get; set; }

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}
