using System.Text;
using Starling.Storage.Files;
using Starling.Storage.Mountpaths;

namespace Starling.Storage.Objects;

/// <summary>Files that nobody sees yet, on the filesystem of their mountpath, spread over sub-directories because one directory is one lock in the kernel.</summary>
internal sealed class WorkFiles(IFileLayer files)
{
    private const int ShardCount = 256;

    private long counter;

    /// <summary>Whether a process has used this mountpath before.</summary>
    public bool WasUsed(Mountpath mountpath) => files.Stat(MountpathFiles.Work(mountpath.Path)) is not null;

    /// <summary>Makes the directories and removes what an earlier process left.</summary>
    public void Prepare(Mountpath mountpath)
    {
        var root = MountpathFiles.Work(mountpath.Path);
        files.MakeDirectory(root);
        files.MakeDirectory(MountpathFiles.Trash(mountpath.Path));
        files.SyncDirectory(MountpathFiles.System(mountpath.Path));
        foreach (var shard in Names(root))
        {
            foreach (var name in Names($"{root}/{shard}"))
            {
                files.Unlink($"{root}/{shard}/{name}");
            }
        }
    }

    /// <summary>A new, empty work file.</summary>
    public IOpenFile Create(Mountpath mountpath)
    {
        var number = Interlocked.Increment(ref counter);
        var directory = $"{MountpathFiles.Work(mountpath.Path)}/{number % ShardCount:x2}";
        try
        {
            return files.Open($"{directory}/{number:x}", FileOpenMode.CreateNew);
        }
        catch (FileLayerException failure) when (failure.Errno == Errno.ENOENT)
        {
            // Never flushed: whether it survives a power cut does not matter.
            files.MakeDirectory(directory);
            return files.Open($"{directory}/{number:x}", FileOpenMode.CreateNew);
        }
    }

    private List<string> Names(string directory)
    {
        var names = new List<string>();
        files.ReadDirectory(directory, (name, _) => names.Add(Encoding.UTF8.GetString(name)));
        return names;
    }
}
