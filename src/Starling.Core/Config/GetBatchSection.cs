using System.Text.Json;
using System.Text.Json.Serialization;
using Starling.Core.Wire;

namespace Starling.Core.Config;

/// <summary>Reading many objects in one request.</summary>
public sealed record GetBatchSection
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

    /// <summary>Longest wait for a piece from another target.</summary>
    [JsonPropertyName("max_wait")]
    public GoDuration MaxWait { get; set; } = GoDuration.Parse("20s");

    /// <summary>Readers ahead; negative for none.</summary>
    [JsonPropertyName("warmup_workers")]
    public int WarmupWorkers { get; set; } = -1;

    /// <summary>Missing pieces tolerated.</summary>
    [JsonPropertyName("max_soft_errs")]
    public int MaxSoftErrs { get; set; } = 8;

    /// <summary>Look-ups at neighbours tolerated.</summary>
    [JsonPropertyName("max_gfn")]
    public int MaxGfn { get; set; } = 5;

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}
