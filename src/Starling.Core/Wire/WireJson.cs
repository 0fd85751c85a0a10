using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Starling.Core.Wire;

/// <summary>
/// Source-generated serialization of the native API. Decoding matches keys without regard to case, ignores unknown keys and takes null for absent;
/// encoding does not escape HTML characters, because clients compare texts.
/// </summary>
[JsonSourceGenerationOptions(PropertyNameCaseInsensitive = true, DefaultIgnoreCondition = JsonIgnoreCondition.Never, AllowTrailingCommas = false)]
[JsonSerializable(typeof(ActionMessageWire))]
[JsonSerializable(typeof(BckWire))]
[JsonSerializable(typeof(BckWire[]))]
[JsonSerializable(typeof(SnodeWire))]
[JsonSerializable(typeof(SmapWire))]
[JsonSerializable(typeof(BmdWire))]
[JsonSerializable(typeof(RmdWire))]
[JsonSerializable(typeof(CluMetaWire))]
[JsonSerializable(typeof(ErrorWire))]
[JsonSerializable(typeof(NodeStatusWire))]
[JsonSerializable(typeof(NodeStatsWire))]
[JsonSerializable(typeof(ClusterStatsWire))]
[JsonSerializable(typeof(NodeStateInfoWire))]
[JsonSerializable(typeof(MemCpuInfoWire))]
[JsonSerializable(typeof(ClusterSysInfoWire))]
[JsonSerializable(typeof(TargetDiskWire))]
[JsonSerializable(typeof(MountpathListWire))]
[JsonSerializable(typeof(ClusterMountpathsWire))]
[JsonSerializable(typeof(SnapWire))]
[JsonSerializable(typeof(SortedDictionary<string, SnapWire[]>))]
[JsonSerializable(typeof(JobStatusWire))]
[JsonSerializable(typeof(JobStatusWire[]))]
[JsonSerializable(typeof(QueryMessageWire))]
[JsonSerializable(typeof(JobArgumentsWire))]
[JsonSerializable(typeof(ListMessageWire))]
[JsonSerializable(typeof(ListResultWire))]
[JsonSerializable(typeof(SummaryMessageWire))]
[JsonSerializable(typeof(BucketSummaryWire))]
[JsonSerializable(typeof(BucketSummaryWire[]))]
[JsonSerializable(typeof(RemoteClustersWire))]
[JsonSerializable(typeof(RemoveNodeWire))]
[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(SortedDictionary<string, string>))]
public sealed partial class WireJson : JsonSerializerContext
{
    /// <summary>The one instance to use: relaxed escaping.</summary>
    public static WireJson Instance { get; } = new(new JsonSerializerOptions
    {
        PropertyNameCaseInsensitive = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}

/// <summary>A 64-bit integer that is a decimal string on the wire; numbers, empty strings and null are accepted when reading.</summary>
public sealed class Int64StringConverter : JsonConverter<long>
{
    /// <inheritdoc/>
    public override bool HandleNull => true;

    /// <inheritdoc/>
    public override long Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.Null => 0,
        JsonTokenType.Number when reader.TryGetInt64(out var number) => number,
        JsonTokenType.String when reader.GetString() is var text && string.IsNullOrEmpty(text) => 0,
        JsonTokenType.String when long.TryParse(reader.GetString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var parsed) => parsed,
        _ => throw new JsonException("expected a decimal integer, as a string or as a number"),
    };

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, long value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStringValue(value.ToString(CultureInfo.InvariantCulture));
    }
}

/// <summary>An unsigned 64-bit integer that is a decimal string on the wire; numbers, empty strings and null are accepted when reading.</summary>
public sealed class UInt64StringConverter : JsonConverter<ulong>
{
    /// <inheritdoc/>
    public override bool HandleNull => true;

    /// <inheritdoc/>
    public override ulong Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.Null => 0,
        JsonTokenType.Number when reader.TryGetUInt64(out var number) => number,
        JsonTokenType.String when reader.GetString() is var text && string.IsNullOrEmpty(text) => 0,
        JsonTokenType.String when ulong.TryParse(reader.GetString(), NumberStyles.None, CultureInfo.InvariantCulture, out var parsed) => parsed,
        _ => throw new JsonException("expected an unsigned decimal integer, as a string or as a number"),
    };

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, ulong value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStringValue(value.ToString(CultureInfo.InvariantCulture));
    }
}
