using System.Text.Json;
using System.Text.Json.Serialization;
using Starling.Core.Wire;

namespace Starling.Core.Config;

/// <summary>Checksums of object content.</summary>
public sealed record ChecksumSection
{
    /// <summary>Checksum type of new objects.</summary>
    [JsonPropertyName("type")]
    public string Type { get; set => field = value ?? "xxhash2"; } = "xxhash2";

    /// <summary>Verify what a backend delivers.</summary>
    [JsonPropertyName("validate_cold_get")]
    public bool ValidateColdGet { get; set; }

    /// <summary>Verify each read of a stored object.</summary>
    [JsonPropertyName("validate_warm_get")]
    public bool ValidateWarmGet { get; set; }

    /// <summary>Verify objects that move between targets.</summary>
    [JsonPropertyName("validate_obj_move")]
    public bool ValidateObjMove { get; set; }

    /// <summary>Answer a ranged read with the checksum of the range.</summary>
    [JsonPropertyName("enable_read_range")]
    public bool EnableReadRange { get; set; }

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}
