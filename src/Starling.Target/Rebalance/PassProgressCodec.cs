using System.Buffers;
using System.Collections.Immutable;
using System.Text.Json;
using Starling.Core.Names;
using Starling.Protocol.Rebalance;

namespace Starling.Target.Rebalance;

/// <summary>The progress of a pass as a JSON document. What cannot be understood is not as good as nothing: who vouched is lost with it.</summary>
internal static class PassProgressCodec
{
    private const int Version = 1;

    public static byte[] Encode(PassProgress progress)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteNumber("version"u8, Version);
            json.WriteNumber("epoch"u8, progress.Epoch);
            json.WriteNumber("started_index"u8, progress.StartedIndex);
            json.WriteStartArray("mountpaths"u8);
            foreach (var (id, walked) in progress.Mountpaths)
            {
                json.WriteStartObject();
                json.WriteString("id"u8, id);
                json.WriteString("cursor"u8, walked.Cursor);
                json.WriteBoolean("walked"u8, walked.IsWalked);
                json.WriteBoolean("walk_again"u8, walked.MustWalkAgain);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteStartArray("receivers"u8);
            foreach (var receiver in progress.Receivers)
            {
                json.WriteStringValue(receiver.Value);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Null for a document that is damaged or of a newer build.</summary>
    public static PassProgress? Decode(ReadOnlyMemory<byte> document)
    {
        try
        {
            using var json = JsonDocument.Parse(document);
            var root = json.RootElement;
            if (root.GetProperty("version"u8).GetInt32() != Version)
            {
                return null;
            }

            var mountpaths = ImmutableSortedDictionary.CreateBuilder<string, MountpathProgress>(StringComparer.Ordinal);
            foreach (var one in root.GetProperty("mountpaths"u8).EnumerateArray())
            {
                mountpaths[one.GetProperty("id"u8).GetString()!] = new MountpathProgress(
                    one.GetProperty("cursor"u8).GetString()!, one.GetProperty("walked"u8).GetBoolean(), one.GetProperty("walk_again"u8).GetBoolean());
            }

            ImmutableArray<NodeId> receivers = [.. root.GetProperty("receivers"u8).EnumerateArray().Select(one => NodeId.Parse(one.GetString()!)).Order()];
            return new PassProgress(root.GetProperty("epoch"u8).GetInt64(), root.GetProperty("started_index"u8).GetInt64(), mountpaths.ToImmutable(), receivers);
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or ArgumentException)
        {
            return null;
        }
    }
}
