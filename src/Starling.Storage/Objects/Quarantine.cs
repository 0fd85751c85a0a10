using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Storage.Files;
using Starling.Storage.Layout;
using Starling.Storage.Mountpaths;

namespace Starling.Storage.Objects;

/// <summary>
/// Sets aside what a target brings along from another life (rule B0): whole buckets, by one rename each, into a directory named after the log index. Which
/// index was dealt with is written down last, so that a crash leaves the work to be done again and nothing that is stored afterwards is ever taken for old.
/// </summary>
internal sealed class Quarantine(IFileLayer files, BucketDirectories buckets, DurableDirectories directories)
{
    private const ushort MarkKind = 4;

    /// <summary>The index up to which this mountpath was dealt with; null: it never was.</summary>
    public long? Through(Mountpath mountpath) =>
        SystemFile.Read(files, MarkPath(mountpath), MarkKind) is not { } content ? null
        : content.Length == sizeof(long) ? BinaryPrimitives.ReadInt64LittleEndian(content)
        : throw new StoreException(ErrorCode.Corrupt, $"system file \"{MarkPath(mountpath)}\" is malformed: replace the mountpath, or remove the file if nothing on it is from another life of this target");

    /// <summary>Sets aside every bucket of the mountpath unless that was done for this index, or a later one; which they were.</summary>
    public IReadOnlyList<(BucketName Bucket, ulong BucketId)> Run(Mountpath mountpath, long before)
    {
        var through = Through(mountpath);
        if (through >= before)
        {
            return [];
        }

        var found = new SortedSet<(BucketName Bucket, ulong BucketId)>();
        buckets.List(mountpath, found);

        // A mountpath with objects and without the mark was in use before there was one, when no target could come back from another life.
        if (through is null)
        {
            found.Clear();
        }

        foreach (var (bucket, bucketId) in found)
        {
            SetAside(mountpath, before, bucket, bucketId);
        }

        WriteMark(mountpath, before);
        return [.. found];
    }

    /// <summary>
    /// Sets aside every bucket of the mountpath because the cluster that they belong to has ended, and begins to count anew: in another cluster the log
    /// begins again too, and ids of buckets come back for other buckets.
    /// </summary>
    public IReadOnlyList<(BucketName Bucket, ulong BucketId)> Release(Mountpath mountpath)
    {
        var found = new SortedSet<(BucketName Bucket, ulong BucketId)>();
        buckets.List(mountpath, found);
        foreach (var (bucket, bucketId) in found)
        {
            SetAside(mountpath, 0, bucket, bucketId);
        }

        WriteMark(mountpath, 0);
        return [.. found];
    }

    /// <summary>Visits every record file that was set aside: bucket, its id, the root that it lies under, name, slots.</summary>
    public IEnumerable<(ObjectName Name, ulong BucketId, string Root, Slots Slots)> Visit(Mountpath mountpath)
    {
        foreach (var root in Roots(mountpath))
        {
            var found = new SortedSet<(BucketName Bucket, ulong BucketId)>();
            buckets.List(root, found);
            foreach (var (bucket, bucketId) in found)
            {
                var tree = new TreeCursor(files, root, bucket, bucketId, string.Empty, string.Empty, MountpathWalk.WindowEntries);
                while (tree.MoveNext())
                {
                    if (ObjectName.TryParse(bucket, Encoding.UTF8.GetString(tree.Current), out var name, out _))
                    {
                        yield return (name, bucketId, root, tree.CurrentSlots);
                    }
                }
            }
        }
    }

    /// <summary>Takes all that was set aside to the trash; the mark stays.</summary>
    public void Destroy(Mountpath mountpath)
    {
        var root = RootOf(mountpath);
        foreach (var directory in Roots(mountpath))
        {
            directories.Forget(directory);
            files.Rename(directory, Free(MountpathFiles.Trash(mountpath.Path), "quarantine"));
        }

        if (files.Stat(root) is not null)
        {
            files.SyncDirectory(MountpathFiles.Trash(mountpath.Path));
            files.SyncDirectory(root);
        }
    }

    private static string RootOf(Mountpath mountpath) => MountpathFiles.System(mountpath.Path) + "/quarantine";

    private void WriteMark(Mountpath mountpath, long through)
    {
        var content = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(content, through);
        SystemFile.Write(files, MarkPath(mountpath), MarkKind, content);
    }

    private static string MarkPath(Mountpath mountpath) => MountpathFiles.Quarantined(mountpath.Path);

    private void SetAside(Mountpath mountpath, long before, BucketName bucket, ulong bucketId)
    {
        var from = Fqn.BucketDirectory(mountpath.Path, bucket, bucketId);
        for (var number = 0; ; number++)
        {
            // A crash may have left an attempt for the same index, and the bucket's directory may have been made again since.
            var to = Fqn.BucketDirectory(string.Create(CultureInfo.InvariantCulture, $"{RootOf(mountpath)}/{before:x16}.{number}"), bucket, bucketId);
            if (files.Stat(to) is null)
            {
                var parent = Path.GetDirectoryName(to)!;
                directories.EnsureDurable(MountpathFiles.System(mountpath.Path), parent);
                directories.Forget(from);
                files.Rename(from, to);
                files.SyncDirectory(parent);
                files.SyncDirectory(Path.GetDirectoryName(from)!);
                return;
            }
        }
    }

    private string Free(string directory, string name)
    {
        var number = 0;
        while (files.Stat($"{directory}/{name}.{number}") is not null)
        {
            number++;
        }

        return $"{directory}/{name}.{number}";
    }

    private List<string> Roots(Mountpath mountpath)
    {
        var roots = new List<string>();
        files.ReadDirectory(
            RootOf(mountpath),
            (name, isDirectory) =>
            {
                if (isDirectory)
                {
                    roots.Add($"{RootOf(mountpath)}/{Encoding.UTF8.GetString(name)}");
                }
            });
        roots.Sort(StringComparer.Ordinal);
        return roots;
    }
}
