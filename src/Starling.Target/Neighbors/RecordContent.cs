using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Protocol.Objects;
using Starling.Storage.Objects;
using Starling.Target.Objects;
using OpenObject = Starling.Storage.Objects.ObjectReader;

namespace Starling.Target.Neighbors;

/// <summary>The record of one key on this target's disks, live or handed over: its content is the same (rule B7).</summary>
internal static class RecordContent
{
    /// <summary>Opens the bytes; null when the record is not there any more, or is a tombstone. Callers that promised it hold the name's lock, shared.</summary>
    /// <exception cref="Core.Errors.StoreException">The disk refused, or what lies there is damaged.</exception>
    public static OpenObject? Open(ObjectStore store, ObjectName name, RecordKey key)
    {
        var live = store.OpenRead(name, key.BucketId);
        if (live.Reader is { } reader)
        {
            return IsMeant(reader, key);
        }

        Require(live.Lookup);
        var leftover = store.OpenLeftover(name, key.BucketId);
        Require(leftover.Lookup);
        return leftover.Reader is { } other ? IsMeant(other, key) : null;
    }

    /// <summary>The record with all its attributes; null when it is not there any more.</summary>
    /// <exception cref="Core.Errors.StoreException">The disk refused, or what lies there is damaged.</exception>
    public static ObjectRecord? Find(ObjectStore store, ObjectName name, RecordKey key)
    {
        var found = store.LookupAll(name, key.BucketId);
        Require(found);
        return found.Record?.Key == key ? found.Record : null;
    }

    private static OpenObject? IsMeant(OpenObject reader, RecordKey key)
    {
        if (NeighborRules.MaySend(new LocalRecord(RecordHeads.Of(reader.Record)), key))
        {
            return reader;
        }

        reader.Dispose();
        return null;
    }

    private static void Require(in LookupResult found)
    {
        if (found.Status == LookupStatus.Failed)
        {
            throw new Core.Errors.StoreException(found.Error!);
        }
    }
}
