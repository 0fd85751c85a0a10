using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Storage.Files;
using Starling.Storage.Layout;

namespace Starling.Storage.Objects;

/// <content>Reads what requests never see.</content>
internal sealed partial class RecordReader
{
    /// <summary>The live record, or the leftover when there is none: a live record replaces any leftover, whether or not its file is gone yet.</summary>
    public LookupResult LookupAll(ObjectName name, ulong bucketId)
    {
        var live = Lookup(name, bucketId);
        return live.Status == LookupStatus.Absent ? FindLeftover(name, bucketId, out _) : live;
    }

    /// <summary>The leftover with the greatest key and where it lies, whatever live record there is.</summary>
    public LookupResult FindLeftover(ObjectName name, ulong bucketId, out RecordPlace place)
    {
        var best = LookupResult.Absent;
        place = default;
        try
        {
            foreach (var mountpath in Locations(name))
            {
                var here = Fqn.Place(mountpath.Path, name, bucketId);
                if (Prefer(ref best, ReadLeftover(name, bucketId, here.File(Slot.Leftover))))
                {
                    place = here;
                }
            }
        }
        catch (StoreException exception)
        {
            best = LookupResult.Failed(exception.Error);
        }

        return best;
    }

    /// <summary>The leftover in one file, as it is.</summary>
    public LookupResult ReadLeftover(ObjectName name, ulong bucketId, string path)
    {
        var result = ReadAttribute(name, bucketId, path);
        return result.Record is { State: not RecordState.Leftover } ? Corrupt(name, path, "its metadata does not say to whom it was handed over") : result;
    }

    /// <summary>The live record in one file by its metadata alone, one system call: who takes the bytes compares them with the size then.</summary>
    public LookupResult ReadLive(ObjectName name, ulong bucketId, string path) => AsLive(ReadAttribute(name, bucketId, path));

    /// <summary>The record in one file that was set aside.</summary>
    public LookupResult ReadQuarantined(ObjectName name, ulong bucketId, string path)
    {
        var found = ReadAttribute(name, bucketId, path);
        return found.Record is { } record ? LookupResult.Found(record with { State = RecordState.Quarantined, Leftover = null }) : found;
    }

    private LookupResult ReadAttribute(ObjectName name, ulong bucketId, string path)
    {
        Span<byte> buffer = stackalloc byte[AttributeBufferBytes];
        try
        {
            return Decode(name, bucketId, path, buffer, files.GetAttribute(path, RecordCodec.AttributeName, buffer));
        }
        catch (FileLayerException failure)
        {
            return Failed(name, path, failure);
        }
    }
}
