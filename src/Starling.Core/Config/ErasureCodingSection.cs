using System.Text.Json;
using System.Text.Json.Serialization;
using Starling.Core.Wire;

namespace Starling.Core.Config;

/// <summary>Erasure coding.</summary>
public sealed record ErasureCodingSection
{
    /// <summary>Whether streams between targets are compressed: <c>never</c> or <c>always</c>.</summary>
    [JsonPropertyName("compression")]
    public string Compression { get; set => field = value ?? "never"; } = "never";

    /// <summary>Parallel streams per pair of targets.</summary>
    [JsonPropertyName("bundle_multiplier")]
    public int BundleMultiplier { get; set; } = 2;

    /// <summary>Objects that may wait for sending, per stream.</summary>
    [JsonPropertyName("burst_buffer")]
    public int BurstBuffer { get; set; } = 512;

    /// <summary>Smaller objects are replicated whole; bytes.</summary>
    [JsonPropertyName("objsize_limit")]
    public long ObjsizeLimit { get; set; } = 262144;

    /// <summary>Data slices per object.</summary>
    [JsonPropertyName("data_slices")]
    public int DataSlices { get; set; } = 2;

    /// <summary>Parity slices per object.</summary>
    [JsonPropertyName("parity_slices")]
    public int ParitySlices { get; set; } = 2;

    /// <summary>Whether objects are erasure coded.</summary>
    [JsonPropertyName("enabled")]
    public bool Enabled { get; set; }

    /// <summary>Never encode in memory.</summary>
    [JsonPropertyName("disk_only")]
    public bool DiskOnly { get; set; }

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}
