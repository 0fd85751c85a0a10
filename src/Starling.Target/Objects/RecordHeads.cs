using System.Globalization;
using System.Text;
using Starling.Protocol.Objects;
using Starling.Storage.Objects;

namespace Starling.Target.Objects;

/// <summary>What plans see of stored records.</summary>
public static class RecordHeads
{
    /// <summary>The head of a look-up: null when there is no live record.</summary>
    public static RecordHead? Of(in LookupResult lookup) => lookup is { Status: LookupStatus.Found, Record: { State: RecordState.Live } record } ? Of(record) : null;

    /// <summary>What transfers see of a look-up that shows leftovers as well: null when nothing is there that counts.</summary>
    public static LocalRecord? LocalOf(in LookupResult lookup) => lookup is not { Status: LookupStatus.Found, Record: { } record } ? null : record.State switch
    {
        RecordState.Live => new LocalRecord(Of(record)),
        RecordState.Leftover => new LocalRecord(Of(record), new HandOver(record.Leftover!.Epoch, record.Leftover.Receiver, record.Leftover.Verified) { Index = record.Leftover.Index }),
        _ => null,
    };

    /// <summary>What the disk remembers of a hand-over.</summary>
    public static LeftoverMark MarkOf(HandOver handOver)
    {
        ArgumentNullException.ThrowIfNull(handOver);
        return new LeftoverMark(handOver.Epoch, handOver.Receiver, handOver.IsVerified) { Index = handOver.Index };
    }

    /// <summary>The head of a record.</summary>
    public static RecordHead Of(ObjectRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return new RecordHead(
            record.Key,
            record.Kind == RecordKind.Tombstone,
            record.SizeBytes,
            record.ChecksumType == "none" ? string.Empty : record.ChecksumType,
            record.ChecksumValue,
            long.TryParse(record.Version, NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : 0)
        {
            ETag = EntityTag(record) ?? string.Empty,
            Durability = record.Durability,
        };
    }

    /// <summary>Entity tag of a record, unquoted: its MD5, or a value made of checksum and time of writing; null without a checksum.</summary>
    public static string? EntityTag(ObjectRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        if (record.ChecksumValue.Length == 0)
        {
            return null;
        }

        return record.ChecksumType == "md5" ? record.ChecksumValue : $"v1-{record.ChecksumValue}-{Base36(record.WrittenTimeNs)}";
    }

    private static string Base36(long value)
    {
        var text = new StringBuilder();
        do
        {
            text.Insert(0, "0123456789abcdefghijklmnopqrstuvwxyz"[(int)(value % 36)]);
            value /= 36;
        }
        while (value > 0);
        return text.ToString();
    }
}
