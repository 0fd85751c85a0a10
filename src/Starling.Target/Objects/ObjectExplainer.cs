using System.Globalization;
using Starling.Core.Names;
using Starling.Core.Wire;
using Starling.Storage.Objects;

namespace Starling.Target.Objects;

/// <summary>Says what lies on this target under a name, visible or not. For people: nothing is decided by it.</summary>
public sealed class ObjectExplainer
{
    private readonly TargetNode node;

    /// <summary>Makes it.</summary>
    public ObjectExplainer(TargetNode node) => this.node = node;

    /// <summary>The account.</summary>
    /// <param name="name">The object.</param>
    /// <param name="bucketId">Id of its bucket.</param>
    /// <param name="cancellationToken">Ends the wait for the name's lock.</param>
    public async Task<ExplainCopyWire> ExplainAsync(ObjectName name, ulong bucketId, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(name);
        LookupResult found;
        using (await node.Locks.LockSharedAsync(name.Digest, cancellationToken))
        {
            found = node.Store.LookupAll(name, bucketId);
        }

        var copy = Describe(found);
        copy.Node = node.Now().Self.Value;
        copy.Mountpath = found.Record is null ? string.Empty : node.Store.Mountpaths.Place(name.Digest).Path;
        return copy;
    }

    private static ExplainCopyWire Describe(LookupResult found) => found switch
    {
        { Status: LookupStatus.Failed } => new ExplainCopyWire { State = "unreadable", Note = found.Error!.Message },
        { Record: null } => new ExplainCopyWire { State = "absent" },
        { Record: { } record } => new ExplainCopyWire
        {
            State = StateOf(record),
            Key = string.Create(CultureInfo.InvariantCulture, $"{record.Key.Epoch}.{record.Key.Boot}.{record.Key.Sequence}"),
            Size = record.SizeBytes,
            Checksum = record.ChecksumValue.Length > 0 ? $"{record.ChecksumType}:{record.ChecksumValue}" : string.Empty,
            Version = record.Version,
            Note = NoteOf(record),
        },
    };

    private static string StateOf(ObjectRecord record) => record.State switch
    {
        RecordState.Leftover when record.Leftover is { Verified: true } => "verified-leftover",
        RecordState.Leftover => "leftover",
        RecordState.Quarantined => "quarantined",
        _ => record.Kind == RecordKind.Tombstone ? "tombstone" : "live",
    };

    private static string NoteOf(ObjectRecord record)
    {
        var deleted = record is { State: not RecordState.Live, Kind: RecordKind.Tombstone } ? "of a tombstone; " : string.Empty;
        return record.Leftover is { } mark ? string.Create(CultureInfo.InvariantCulture, $"{deleted}handed to t[{mark.Receiver}] under epoch {mark.Epoch}") : deleted;
    }
}
