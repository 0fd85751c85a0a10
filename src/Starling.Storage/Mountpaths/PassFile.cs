using System.Buffers.Binary;
using Starling.Core.Errors;
using Starling.Storage.Files;
using Starling.Storage.Layout;

namespace Starling.Storage.Mountpaths;

/// <summary>
/// One small document of a target that survives crashes and the loss of any disk but the last: every mountpath has a copy, and the newest one counts.
/// A document whose write did not return may or may not be the one that is read. For one caller at a time.
/// </summary>
public sealed class PassFile
{
    private const ushort Kind = 3;

    // No number of saves comes near: what is written after all copies were lost is newer than a copy on a mountpath that was away meanwhile.
    private const long GenerationsLost = 1L << 40;

    private readonly MountpathSet mountpaths;
    private long generation;

    /// <summary>The file of this target.</summary>
    public PassFile(MountpathSet mountpaths)
    {
        ArgumentNullException.ThrowIfNull(mountpaths);
        this.mountpaths = mountpaths;
    }

    /// <summary>The newest document; null when there is none. A copy that cannot be read does not count while another one can.</summary>
    /// <exception cref="StoreException">Corrupt, DiskFailure or Unavailable: no copy can be read, and at least one is there, or may be on a disk that is gone.</exception>
    public byte[]? Load()
    {
        byte[]? newest = null;
        StoreException? failure = null;
        var isKnown = false;
        foreach (var mountpath in mountpaths.All)
        {
            if (mountpath.Displaced() is { } gone)
            {
                failure = new StoreException(gone);
                continue;
            }

            try
            {
                if (SystemFile.Read(mountpaths.Files, PathOn(mountpath), Kind) is not { } content)
                {
                    continue;
                }

                if (content.Length < sizeof(long))
                {
                    failure = new StoreException(ErrorCode.Corrupt, $"system file \"{PathOn(mountpath)}\" is malformed: it is too short");
                    continue;
                }

                var found = BinaryPrimitives.ReadInt64LittleEndian(content);
                if (!isKnown || found > generation)
                {
                    generation = found;
                    newest = content[sizeof(long)..];
                }

                isKnown = true;
            }
            catch (StoreException damaged)
            {
                failure = damaged;
            }
            catch (FileLayerException refused)
            {
                failure = refused.ToStoreException();
            }
        }

        if (newest is null && failure is not null)
        {
            generation += GenerationsLost;
            throw failure;
        }

        return newest;
    }

    /// <summary>Replaces the document on every mountpath, flushed.</summary>
    /// <exception cref="StoreException">DiskFailure, OutOfSpace or Unavailable: on at least one mountpath the old one may still be there.</exception>
    public void Save(ReadOnlySpan<byte> document)
    {
        var content = new byte[sizeof(long) + document.Length];
        BinaryPrimitives.WriteInt64LittleEndian(content, ++generation);
        document.CopyTo(content.AsSpan(sizeof(long)));
        foreach (var mountpath in mountpaths.All)
        {
            if (mountpath.Displaced() is { } gone)
            {
                throw new StoreException(gone);
            }

            try
            {
                SystemFile.Write(mountpaths.Files, PathOn(mountpath), Kind, content);
            }
            catch (FileLayerException refused)
            {
                throw refused.ToStoreException();
            }
        }
    }

    private static string PathOn(Mountpath mountpath) => MountpathFiles.System(mountpath.Path) + "/pass";
}
