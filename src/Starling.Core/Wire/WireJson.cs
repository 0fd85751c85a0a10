using System.Diagnostics.CodeAnalysis;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

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
[JsonSerializable(typeof(BpropsWire))]
[JsonSerializable(typeof(ClusterConfigWire))]
[JsonSerializable(typeof(NodeConfigWire))]
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
[JsonSerializable(typeof(JoinReplyWire))]
[JsonSerializable(typeof(SafetyWire))]
[JsonSerializable(typeof(ActionReplyWire))]
[JsonSerializable(typeof(TaskWire))]
[JsonSerializable(typeof(TaskWire[]))]
[JsonSerializable(typeof(NodeWire))]
[JsonSerializable(typeof(NodeWire[]))]
[JsonSerializable(typeof(NodeSnapshotWire))]
[JsonSerializable(typeof(NodeSnapshotWire[]))]
[JsonSerializable(typeof(EndOrderWire))]
[JsonSerializable(typeof(RebalanceWire))]
[JsonSerializable(typeof(RebalanceTargetWire))]
[JsonSerializable(typeof(RebalanceTargetWire[]))]
[JsonSerializable(typeof(JournalEntryWire))]
[JsonSerializable(typeof(JournalEntryWire[]))]
[JsonSerializable(typeof(ExplainWire))]
[JsonSerializable(typeof(ExplainCopyWire))]
[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(SortedDictionary<string, string>))]
public sealed partial class WireJson : JsonSerializerContext
{
    /// <summary>The one instance to use: relaxed escaping.</summary>
    public static WireJson Instance { get; } = new(new JsonSerializerOptions
    {
        PropertyNameCaseInsensitive = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters =
        {
            new TolerantBooleanConverter(),
            new TolerantNumberConverter<int>(),
            new TolerantNumberConverter<long>(),
            new TolerantNumberConverter<uint>(),
            new TolerantNumberConverter<ulong>(),
            new TolerantNumberConverter<ushort>(),
            new TolerantNumberConverter<double>(),
        },
    });

    /// <summary>Reads a record out of UTF-8 that somebody else wrote.</summary>
    /// <param name="utf8">The text.</param>
    /// <param name="type">For example <c>WireJson.Instance.SmapWire</c>.</param>
    /// <param name="value">The record; null when the text is not one.</param>
    /// <param name="error">What is wrong and where; null when nothing is.</param>
    public static bool TryRead<T>(ReadOnlySpan<byte> utf8, JsonTypeInfo<T> type, [NotNullWhen(true)] out T? value, [NotNullWhen(false)] out string? error)
        where T : class
    {
        value = null;
        error = null;
        try
        {
            value = JsonSerializer.Deserialize(utf8, type);
            error = value is null ? "invalid JSON: expected an object or an array, got null" : null;
        }
        catch (JsonException failure)
        {
            error = $"invalid JSON: {failure.Message}";
        }

        return value is not null;
    }
}
