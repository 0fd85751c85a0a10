using System.Text.Json;
using System.Text.Json.Serialization;
using Starling.Core.Wire;

namespace Starling.Core.Config;

/// <summary>Streams between targets.</summary>
public sealed record TransportSection
{
    /// <summary>Longest header of a streamed object, bytes.</summary>
    [JsonPropertyName("max_header")]
    public int MaxHeader { get; set; } = 4096;

    /// <summary>Objects that may wait for sending, per stream.</summary>
    [JsonPropertyName("burst_buffer")]
    public int BurstBuffer { get; set; } = 1024;

    /// <summary>An idle stream is closed after this.</summary>
    [JsonPropertyName("idle_teardown")]
    public GoDuration IdleTeardown { get; set; } = GoDuration.Parse("4s");

    /// <summary>Silence after which streams count as settled.</summary>
    [JsonPropertyName("quiescent")]
    public GoDuration Quiescent { get; set; } = GoDuration.Parse("10s");

    /// <summary>Block size of compression.</summary>
    [JsonPropertyName("lz4_block")]
    public SizeIec Lz4Block { get; set; } = SizeIec.Parse("256KiB");

    /// <summary>Checksums inside compressed streams.</summary>
    [JsonPropertyName("lz4_frame_checksum")]
    public bool Lz4FrameChecksum { get; set; }

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}
