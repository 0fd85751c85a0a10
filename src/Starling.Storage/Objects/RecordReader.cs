using System.Buffers;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Storage.Files;
using Starling.Storage.Layout;
using Starling.Storage.Mountpaths;

namespace Starling.Storage.Objects;

/// <summary>Looks a name up on the disks: the record with the greatest key wins, and what cannot be read is never taken for absent.</summary>
internal sealed partial class RecordReader(MountpathSet mountpaths)
{
    private const int AttributeBufferBytes = 4096;

    /// <summary>Content up to this size is read when the object is opened: the read tells the file's size too, which is one call less.</summary>
    private const int SmallContentBytes = (64 << 10) - 1;

    private readonly IFileLayer files = mountpaths.Files;

    /// <summary>The mountpaths on which a name may lie, its own place first.</summary>
    /// <exception cref="StoreException">Unavailable: that place is missing.</exception>
    public IEnumerable<Mountpath> Locations(ObjectName name)
    {
        var place = mountpaths.Place(name.Digest);
        return mountpaths.Settled ? [place] : mountpaths.All.Where(other => other != place).Prepend(place);
    }

    /// <summary>The greatest live record.</summary>
    public LookupResult Lookup(ObjectName name, ulong bucketId) => Search(name, bucketId, open: false).Lookup;

    /// <summary>The greatest live record, with the file open when it is an object.</summary>
    public OpenReadResult Open(ObjectName name, ulong bucketId) => Search(name, bucketId, open: true);

    /// <summary>The key of the record in one slot; null when there is no file. What is damaged counts as older than everything.</summary>
    public RecordKey? KeyOf(ObjectName name, ulong bucketId, string path)
    {
        var result = ReadSlot(name, bucketId, path);
        return result.Status switch
        {
            LookupStatus.Found => result.Record!.Key,
            LookupStatus.Absent => null,
            _ when result.Error!.Code == ErrorCode.Corrupt => default(RecordKey),
            _ => throw new StoreException(result.Error),
        };
    }

    /// <summary>True when the file exists and was not, or not provably, flushed before it got its name.</summary>
    public bool MayBeTorn(ObjectName name, ulong bucketId, string path)
    {
        var result = ReadSlot(name, bucketId, path);
        return result.Status == LookupStatus.Failed || result.Record?.Durability == Durability.Buffered;
    }

    private OpenReadResult Search(ObjectName name, ulong bucketId, bool open)
    {
        var best = LookupResult.Absent;
        OpenContent? bestFile = null;
        var atPlace = false;
        try
        {
            var first = true;
            foreach (var mountpath in Locations(name))
            {
                var place = Fqn.Place(mountpath.Path, name, bucketId);
                var file = open && files.TryOpenRead(place.File(Slot.Object)) is { } found ? new OpenContent(found) : null;
                var live = open ? ReadOpen(name, bucketId, file) : ReadSlot(name, bucketId, place.File(Slot.Object));
                var keep = Prefer(ref best, live);
                (keep ? bestFile : file)?.Dispose();
                bestFile = keep ? file : bestFile;

                if (Prefer(ref best, ReadSlot(name, bucketId, place.File(Slot.Tombstone))))
                {
                    bestFile?.Dispose();
                    bestFile = null;
                }

                atPlace |= first && best.Status == LookupStatus.Found;
                first = false;
            }
        }
        catch (FileLayerException failure)
        {
            bestFile?.Dispose();
            return new OpenReadResult(LookupResult.Failed(failure.ToStoreException().Error), null);
        }
        catch (StoreException exception)
        {
            bestFile?.Dispose();
            return new OpenReadResult(LookupResult.Failed(exception.Error), null);
        }

        if (!atPlace && !mountpaths.Settled && mountpaths.Missing.Count > 0)
        {
            best = LookupResult.Failed(MayBeLost());
        }

        if (best.Status == LookupStatus.Absent)
        {
            best = Confirmed(best, name);
        }

        if (bestFile is not null && best.IsLiveObject)
        {
            return new OpenReadResult(best, bestFile.ToReader(best.Record));
        }

        bestFile?.Dispose();
        return new OpenReadResult(best, null);
    }

    /// <summary>Absent only where the disk is still there.</summary>
    private LookupResult Confirmed(LookupResult absent, ObjectName name)
    {
        foreach (var mountpath in Locations(name))
        {
            if (mountpath.Displaced() is { } error)
            {
                return LookupResult.Failed(error);
            }
        }

        return absent;
    }

    /// <summary>True when <paramref name="other"/> replaced <paramref name="best"/>. A failure beats everything: nobody knows what it hides.</summary>
    private static bool Prefer(ref LookupResult best, in LookupResult other)
    {
        var better = best.Status != LookupStatus.Failed && other.Status switch
        {
            LookupStatus.Failed => true,
            LookupStatus.Absent => false,
            _ => best.Status == LookupStatus.Absent || other.Record!.Key > best.Record!.Key,
        };
        if (better)
        {
            best = other;
        }

        return better;
    }

    private static LookupResult ReadOpen(ObjectName name, ulong bucketId, OpenContent? open)
    {
        if (open is null)
        {
            return LookupResult.Absent;
        }

        var path = open.File.Path;
        Span<byte> buffer = stackalloc byte[AttributeBufferBytes];
        try
        {
            var result = AsLive(Decode(name, bucketId, path, buffer, open.File.GetAttribute(RecordCodec.AttributeName, buffer)));
            return result.Record is { } record && open.SizeOf(record.SizeBytes) is var sizeBytes && sizeBytes != record.SizeBytes
                ? WrongSize(name, path, sizeBytes, record)
                : result;
        }
        catch (FileLayerException failure)
        {
            return Failed(name, path, failure);
        }
    }

    private LookupResult ReadSlot(ObjectName name, ulong bucketId, string path)
    {
        Span<byte> buffer = stackalloc byte[AttributeBufferBytes];
        try
        {
            var result = AsLive(Decode(name, bucketId, path, buffer, files.GetAttribute(path, RecordCodec.AttributeName, buffer)));

            // A power cut may keep the metadata of what was not flushed and lose its bytes.
            return result.Record is not { Kind: RecordKind.Object } record ? result
                : files.Stat(path) is not { } facts ? LookupResult.Absent
                : facts.SizeBytes == record.SizeBytes ? result
                : WrongSize(name, path, facts.SizeBytes, record);
        }
        catch (FileLayerException failure)
        {
            return Failed(name, path, failure);
        }
    }

    private static LookupResult Decode(ObjectName name, ulong bucketId, string path, ReadOnlySpan<byte> buffer, int length)
    {
        if (length == IFileLayer.FileAbsent)
        {
            return LookupResult.Absent;
        }

        if (length == IFileLayer.AttributeAbsent)
        {
            return Corrupt(name, path, "the file has no metadata");
        }

        if (!RecordCodec.TryDecode(buffer[..length], out var record, out var error))
        {
            return Corrupt(name, path, error);
        }

        if (record.Uname != name.Uname || record.Key.BucketId != bucketId)
        {
            return Corrupt(name, path, $"its metadata is that of {record.Uname} in bucket id {record.Key.BucketId:x}");
        }

        return LookupResult.Found(record);
    }

    /// <summary>The file's name is what counts: the mark of a hand-over is written before the rename that makes it so.</summary>
    private static LookupResult AsLive(in LookupResult result) =>
        result.Record is { State: not RecordState.Live } record ? LookupResult.Found(record with { State = RecordState.Live, Leftover = null }) : result;

    private static LookupResult Failed(ObjectName name, string path, FileLayerException failure) => failure.Errno == Errno.ERANGE
        ? Corrupt(name, path, "its metadata is larger than any record")
        : LookupResult.Failed(failure.ToStoreException().Error);

    private static LookupResult WrongSize(ObjectName name, string path, long sizeBytes, ObjectRecord record) =>
        Corrupt(name, path, $"the file has {sizeBytes} bytes, its metadata says {record.SizeBytes}");

    private static LookupResult Corrupt(ObjectName name, string path, string why) =>
        LookupResult.Failed(new StoreError(ErrorCode.Corrupt, $"object {name.Cname} is damaged at \"{path}\": {why}; write it again, or delete it"));

    private StoreError MayBeLost() => new(
        ErrorCode.Unavailable, $"the mountpath \"{mountpaths.Missing[0].Path}\", which may keep this name, is missing: mount it again, or declare it lost", 5_000);

    /// <summary>An open object file and, once it is known to be small, its content.</summary>
    private sealed class OpenContent(IOpenFile file) : IDisposable
    {
        private byte[]? content;

        public IOpenFile File => file;

        /// <summary>The file's size. What is expected to be small is read for that: a read of one byte more than expected cannot miss a difference.</summary>
        public long SizeOf(long expectedBytes)
        {
            if (expectedBytes > SmallContentBytes)
            {
                return file.Stat().SizeBytes;
            }

            content = ArrayPool<byte>.Shared.Rent((int)expectedBytes + 1);
            if (file.Read(content.AsSpan(0, (int)expectedBytes + 1), 0) == expectedBytes)
            {
                return expectedBytes;
            }

            Forget();
            return file.Stat().SizeBytes;
        }

        /// <summary>Hands file and content over.</summary>
        public ObjectReader ToReader(ObjectRecord record) => new(file, Interlocked.Exchange(ref content, null), record);

        public void Dispose()
        {
            file.Dispose();
            Forget();
        }

        private void Forget()
        {
            if (Interlocked.Exchange(ref content, null) is { } array)
            {
                ArrayPool<byte>.Shared.Return(array);
            }
        }
    }
}
