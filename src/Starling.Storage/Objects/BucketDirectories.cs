using System.Text;
using Starling.Core.Names;
using Starling.Storage.Files;
using Starling.Storage.Layout;
using Starling.Storage.Mountpaths;

namespace Starling.Storage.Objects;

/// <summary>The directories of buckets on one mountpath at a time: made, found, taken to the trash, removed.</summary>
internal sealed class BucketDirectories(MountpathSet mountpaths, DurableDirectories directories)
{
    private readonly IFileLayer files = mountpaths.Files;

    public void Create(Mountpath mountpath, BucketName bucket, ulong bucketId) =>
        directories.EnsureDurable(mountpath.Path, Fqn.ObjectsDirectory(mountpath.Path, bucket, bucketId));

    /// <summary>One rename takes the whole bucket out of sight. The same id may come twice (a late commit made its directory again).</summary>
    public void Destroy(Mountpath mountpath, BucketName bucket, ulong bucketId)
    {
        var directory = Fqn.BucketDirectory(mountpath.Path, bucket, bucketId);
        if (files.Stat(directory) is null)
        {
            return;
        }

        var trash = MountpathFiles.Trash(mountpath.Path);
        var number = 0;
        while (files.Stat($"{trash}/{bucketId:x16}.{number}") is not null)
        {
            number++;
        }

        directories.Forget(directory);
        files.Rename(directory, $"{trash}/{bucketId:x16}.{number}");
        files.SyncDirectory(trash);
        files.SyncDirectory(Path.GetDirectoryName(directory)!);
    }

    public void List(Mountpath mountpath, SortedSet<(BucketName Bucket, ulong BucketId)> found) => List(mountpath.Path, found);

    /// <summary>As the other one, below any directory that is laid out as a mountpath.</summary>
    public void List(string root, SortedSet<(BucketName Bucket, ulong BucketId)> found)
    {
        foreach (var provider in Names(root).Where(name => name.StartsWith('@')))
        {
            foreach (var @namespace in Names($"{root}/{provider}"))
            {
                foreach (var directory in Names($"{root}/{provider}/{@namespace}"))
                {
                    if (Fqn.TryParseBucketDirectory(provider, @namespace, directory, out var bucket, out var bucketId))
                    {
                        found.Add((bucket, bucketId));
                    }
                }
            }
        }
    }

    /// <summary>Removes the directories of providers and namespaces that hold nothing any more.</summary>
    public void RemoveEmptyParents(Mountpath mountpath)
    {
        foreach (var provider in Names(mountpath.Path).Where(name => name.StartsWith('@')).Select(name => $"{mountpath.Path}/{name}"))
        {
            foreach (var @namespace in Names(provider).Where(name => name.StartsWith('@')).Select(name => $"{provider}/{name}"))
            {
                RemoveIfEmpty(@namespace);
            }

            RemoveIfEmpty(provider);
        }

        files.SyncDirectory(mountpath.Path);
    }

    private void RemoveIfEmpty(string directory)
    {
        var isEmpty = true;
        files.ReadDirectory(directory, (_, _) => isEmpty = false);
        if (isEmpty)
        {
            directories.Forget(directory);
            files.RemoveDirectory(directory);
        }
    }

    /// <param name="mountpath">The mountpath.</param>
    /// <param name="progress">Told of each directory that is empty and gone, with the number of files removed in it.</param>
    /// <param name="cancellationToken">Ends the work between two files; what is left stays in the trash.</param>
    public long EmptyTrash(Mountpath mountpath, Action<long>? progress, CancellationToken cancellationToken)
    {
        long removed = 0;
        var trash = MountpathFiles.Trash(mountpath.Path);
        foreach (var name in Names(trash))
        {
            removed += RemoveTree($"{trash}/{name}", progress, cancellationToken);
        }

        return removed;
    }

    private long RemoveTree(string path, Action<long>? progress, CancellationToken cancellationToken)
    {
        long removed = 0;
        long inside = 0;
        var entries = new List<(string Name, bool IsDirectory)>();
        files.ReadDirectory(path, (name, isDirectory) => entries.Add((Encoding.UTF8.GetString(name), isDirectory)));
        foreach (var (name, isDirectory) in entries)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (isDirectory)
            {
                inside += RemoveTree($"{path}/{name}", progress, cancellationToken);
            }
            else
            {
                removed += files.Unlink($"{path}/{name}") ? 1 : 0;
            }
        }

        files.RemoveDirectory(path);
        progress?.Invoke(removed);
        return removed + inside;
    }

    private List<string> Names(string path)
    {
        var names = new List<string>();
        files.ReadDirectory(
            path,
            (name, isDirectory) =>
            {
                if (isDirectory)
                {
                    names.Add(Encoding.UTF8.GetString(name));
                }
            });
        names.Sort(StringComparer.Ordinal);
        return names;
    }
}
