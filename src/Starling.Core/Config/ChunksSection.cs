using System.Text.Json;
using System.Text.Json.Serialization;
using Starling.Core.Wire;

namespace Starling.Core.Config;

/// <summary>Storing large objects in pieces.</summary>
public sealed record ChunksSection
{
    /// <summary>Larger objects are stored in pieces; 0 for never.</summary>
    [JsonPropertyName("objsize_limit")]
    public SizeIec ObjsizeLimit { get; set; }

    /// <summary>Larger objects must be stored in pieces.</summary>
    [JsonPropertyName("max_monolithic_size")]
    public SizeIec MaxMonolithicSize { get; set; } = SizeIec.Parse("1TiB");

    /// <summary>Size of a piece.</summary>
    [JsonPropertyName("chunk_size")]
    public SizeIec ChunkSize { get; set; } = SizeIec.Parse("1GiB");

    /// <summary>Pieces between two saved states of an upload; 0 for none.</summary>
    [JsonPropertyName("checkpoint_every"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int CheckpointEvery { get; set; }

    /// <summary>Further switches, bits.</summary>
    [JsonPropertyName("flags"), JsonConverter(typeof(UInt64StringConverter)), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public ulong Flags { get; set; }

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}
