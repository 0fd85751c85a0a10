using System.Buffers;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Starling.Storage.Files;

namespace Starling.Tests.Storage;

/// <summary>
/// A filesystem in memory that knows what a power cut may leave. Every change is applied to the present state at once and kept as a pending change until a
/// flush makes it durable; a crash keeps any subset of the pending changes, tears writes at sectors, and keeps a rename whole or not at all.
/// </summary>
/// <remarks>Weaker than ext4 and xfs, whose journals keep the order of changes to directories: what survives here survives there.</remarks>
internal sealed class RecordingFileLayer : IFileLayer
{
    private const int SectorBytes = 512;

    private readonly Disk present;
    private readonly Disk durable;
    private readonly List<Change> pending = [];

    public RecordingFileLayer()
        : this(new Disk())
    {
    }

    private RecordingFileLayer(Disk disk)
    {
        present = disk;
        durable = disk.Clone();
    }

    /// <summary>What a crash does to one pending change.</summary>
    public enum Fate
    {
        Lost,
        Kept,
        Torn,
        Zeroed,
    }

    /// <summary>Every call that changes or flushes something, in order: "operation path".</summary>
    public List<string> Journal { get; } = [];

    /// <summary>Number of changes that a power cut may still revoke.</summary>
    public int PendingCount => pending.Count;

    /// <summary>Which pending changes are writes to a file's bytes, and so may tear.</summary>
    public bool IsWrite(int index) => pending[index].Data is not null;

    /// <summary>The filesystem after a power cut in which each pending change met its fate.</summary>
    public RecordingFileLayer Crash(Func<int, Fate> fateOf)
    {
        var disk = durable.Clone();
        for (var i = 0; i < pending.Count; i++)
        {
            pending[i].Apply(disk, fateOf(i));
        }

        return new RecordingFileLayer(disk);
    }

    /// <summary>The states worth looking at: nothing lost, all lost, each alone lost or kept, every subset while there are few changes, else a sample.</summary>
    public IEnumerable<(string Name, RecordingFileLayer Files)> CrashStates(Random random, int exhaustiveUpTo = 8, int samples = 40)
    {
        yield return ("all kept", Crash(_ => Fate.Kept));
        yield return ("all lost", Crash(_ => Fate.Lost));
        if (PendingCount <= exhaustiveUpTo)
        {
            for (var set = 1; set < (1 << PendingCount) - 1; set++)
            {
                var chosen = set;
                yield return ($"kept {set:b}", Crash(index => (chosen >> index & 1) == 1 ? Fate.Kept : Fate.Lost));
            }
        }

        for (var i = 0; i < PendingCount; i++)
        {
            var chosen = i;
            yield return ($"only {i} kept", Crash(index => index == chosen ? Fate.Kept : Fate.Lost));
            yield return ($"only {i} lost", Crash(index => index == chosen ? Fate.Lost : Fate.Kept));
            if (IsWrite(i))
            {
                yield return ($"{i} torn", Crash(index => index == chosen ? Fate.Torn : Fate.Kept));
                yield return ($"{i} zeroed", Crash(index => index == chosen ? Fate.Zeroed : Fate.Kept));
            }
        }

        for (var sample = 0; PendingCount > exhaustiveUpTo && sample < samples; sample++)
        {
            var fates = Enumerable.Range(0, PendingCount).Select(_ => (Fate)random.Next(4)).ToArray();
            yield return ($"sample {sample}", Crash(index => fates[index]));
        }
    }

    public IOpenFile Open(string path, FileOpenMode mode)
    {
        var (parent, name) = Parent(path, "open");
        if (parent.Entries!.TryGetValue(name, out var id))
        {
            return mode == FileOpenMode.CreateNew ? throw new FileLayerException(Errno.EEXIST, "open", path) : new OpenFile(this, present.Nodes[id], path);
        }

        if (mode is FileOpenMode.Read or FileOpenMode.ReadWrite)
        {
            throw new FileLayerException(Errno.ENOENT, "open", path);
        }

        var node = present.Make(directory: false);
        durable.Nodes[node.Id] = node.Clone();
        Do(Change.Link(parent.Id, name, node.Id), "create", path);
        return new OpenFile(this, node, path);
    }

    public IOpenFile? TryOpenRead(string path) => Find(path) is { Entries: null } node ? new OpenFile(this, node, path) : null;

    public int GetAttribute(string path, string name, Span<byte> value) =>
        Find(path) is { } node ? GetAttribute(node, path, name, value) : IFileLayer.FileAbsent;

    public void Rename(string from, string to)
    {
        var (source, sourceName) = Parent(from, "rename");
        var (target, targetName) = Parent(to, "rename");
        if (!source.Entries!.TryGetValue(sourceName, out var id))
        {
            throw new FileLayerException(Errno.ENOENT, "rename", from);
        }

        Do(Change.Rename(source.Id, sourceName, target.Id, targetName, id), "rename", to);
    }

    public bool Unlink(string path)
    {
        if (Find(path) is not { } node)
        {
            return false;
        }

        var (parent, name) = Parent(path, "unlink");
        Do(Change.Remove(parent.Id, name, node.Id), "unlink", path);
        return true;
    }

    public bool MakeDirectory(string path)
    {
        if (Find(path) is not null)
        {
            return false;
        }

        var (parent, name) = Parent(path, "mkdir");
        var node = present.Make(directory: true);
        durable.Nodes[node.Id] = node.Clone();
        Do(Change.Link(parent.Id, name, node.Id), "mkdir", path);
        return true;
    }

    public bool RemoveDirectory(string path)
    {
        if (Find(path) is { Entries.Count: > 0 })
        {
            throw new FileLayerException(Errno.ENOTEMPTY, "rmdir", path);
        }

        return Unlink(path);
    }

    public void SyncDirectory(string path)
    {
        var node = Find(path) ?? throw new FileLayerException(Errno.ENOENT, "open", path);
        Journal.Add($"fsync {path}");
        Flush(change => change.Directory == node.Id || change.Target == node.Id);
    }

    public void SyncFileSystem(string path)
    {
        Journal.Add($"syncfs {path}");
        Flush(_ => true);
    }

    public bool ReadDirectory(string path, DirectoryEntryVisitor visitor)
    {
        if (Find(path) is not { Entries: { } entries })
        {
            return false;
        }

        foreach (var (name, id) in entries.ToArray())
        {
            visitor(Encoding.UTF8.GetBytes(name), present.Nodes[id].Entries is not null);
        }

        return true;
    }

    public FileFacts? Stat(string path) => Find(path)?.Facts;

    public FileSystemFacts StatFileSystem(string path) => new(1 << 30, 1 << 29, 1000, 500, false);

    private static int GetAttribute(Node node, string path, string name, Span<byte> value)
    {
        if (!node.Attributes.TryGetValue(name, out var found))
        {
            return IFileLayer.AttributeAbsent;
        }

        if (found.Length > value.Length)
        {
            throw new FileLayerException(Errno.ERANGE, "getxattr", path);
        }

        found.CopyTo(value);
        return found.Length;
    }

    private void Do(Change change, string operation, string path)
    {
        Journal.Add($"{operation} {path}");
        change.Apply(present, Fate.Kept);
        pending.Add(change);
    }

    private void Flush(Predicate<Change> concerns)
    {
        foreach (var change in pending.Where(change => concerns(change)))
        {
            change.Apply(durable, Fate.Kept);
        }

        pending.RemoveAll(concerns);
    }

    private Node? Find(string path)
    {
        var node = present.Nodes[Disk.Root];
        foreach (var name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (node.Entries is null || !node.Entries.TryGetValue(name, out var id))
            {
                return null;
            }

            node = present.Nodes[id];
        }

        return node;
    }

    private (Node Directory, string Name) Parent(string path, string operation)
    {
        var slash = path.LastIndexOf('/');
        return Find(path[..slash]) is { Entries: not null } directory ? (directory, path[(slash + 1)..]) : throw new FileLayerException(Errno.ENOENT, operation, path);
    }

    private sealed class OpenFile(RecordingFileLayer layer, Node node, string path) : IOpenFile
    {
        public string Path => path;

        public SafeFileHandle? Descriptor => null;

        public int Read(Span<byte> buffer, long offset)
        {
            var count = (int)Math.Clamp(node.Data.Length - offset, 0, buffer.Length);
            node.Data.AsSpan((int)Math.Min(offset, node.Data.Length), count).CopyTo(buffer);
            return count;
        }

        public ValueTask<int> ReadAsync(Memory<byte> buffer, long offset, CancellationToken cancellationToken) => new(Read(buffer.Span, offset));

        public void Write(ReadOnlySpan<byte> data, long offset) => layer.Do(Change.Write(node.Id, offset, data.ToArray()), "write", path);

        public void Write(in ReadOnlySequence<byte> data, long offset) => Write(data.ToArray(), offset);

        public void SetLength(long lengthBytes) => layer.Do(Change.Truncate(node.Id, lengthBytes), "truncate", path);

        public void Sync()
        {
            layer.Journal.Add($"fsync {path}");
            layer.Flush(change => change.File == node.Id);
        }

        public void SyncFileSystem() => layer.SyncFileSystem(path);

        public void SetAttribute(string name, ReadOnlySpan<byte> value) => layer.Do(Change.Attribute(node.Id, name, value.ToArray()), "setxattr", path);

        public int GetAttribute(string name, Span<byte> value) => RecordingFileLayer.GetAttribute(node, path, name, value);

        public bool TryLock()
        {
            node.LockedBy ??= this;
            return node.LockedBy == this;
        }

        public FileFacts Stat() => node.Facts;

        public void Dispose()
        {
            if (node.LockedBy == this)
            {
                node.LockedBy = null;
            }
        }
    }

    private sealed class Disk
    {
        public const int Root = 1;

        public SortedDictionary<int, Node> Nodes { get; private init; } = new() { [Root] = new Node(Root, directory: true) };

        public Node Make(bool directory) => Nodes[Nodes.Count + 1] = new Node(Nodes.Count + 1, directory);

        public Disk Clone() => new() { Nodes = new SortedDictionary<int, Node>(Nodes.ToDictionary(pair => pair.Key, pair => pair.Value.Clone())) };
    }

    private sealed class Node(int id, bool directory)
    {
        public int Id => id;

        public byte[] Data { get; set; } = [];

        public SortedDictionary<string, byte[]> Attributes { get; } = new(StringComparer.Ordinal);

        public SortedDictionary<string, int>? Entries { get; } = directory ? new(StringComparer.Ordinal) : null;

        public object? LockedBy { get; set; }

        public FileFacts Facts => new(1, (ulong)id, Data.Length, Entries is not null);

        public Node Clone()
        {
            var clone = new Node(id, Entries is not null) { Data = [.. Data] };
            foreach (var (name, value) in Attributes)
            {
                clone.Attributes[name] = value;
            }

            foreach (var (name, child) in Entries ?? [])
            {
                clone.Entries![name] = child;
            }

            return clone;
        }
    }

    /// <summary>One change, known by inode numbers so that it means the same in any order.</summary>
    private sealed record Change
    {
        public int File { get; private init; }

        public int Directory { get; private init; }

        public int Target { get; private init; }

        public byte[]? Data { get; private init; }

        private Action<Disk, Fate> Action { get; init; } = (_, _) => { };

        public static Change Link(int directory, string name, int child) =>
            new() { Directory = directory, Action = (disk, _) => disk.Nodes[directory].Entries![name] = child };

        public static Change Remove(int directory, string name, int child) =>
            new() { Directory = directory, Action = (disk, _) => RemoveEntry(disk, directory, name, child) };

        public static Change Rename(int source, string sourceName, int target, string targetName, int child) => new()
        {
            Directory = source,
            Target = target,
            Action = (disk, _) =>
            {
                RemoveEntry(disk, source, sourceName, child);
                disk.Nodes[target].Entries![targetName] = child;
            },
        };

        public static Change Attribute(int file, string name, byte[] value) =>
            new() { File = file, Action = (disk, _) => disk.Nodes[file].Attributes[name] = value };

        public static Change Truncate(int file, long length) => new() { File = file, Action = (disk, _) => Resize(disk.Nodes[file], (int)length, shrink: true) };

        public static Change Write(int file, long offset, byte[] data) => new()
        {
            File = file,
            Data = data,
            Action = (disk, fate) =>
            {
                var node = disk.Nodes[file];
                var length = fate == Fate.Torn ? data.Length / 2 / SectorBytes * SectorBytes : data.Length;
                Resize(node, (int)offset + (fate == Fate.Torn ? length : data.Length), shrink: false);
                if (fate != Fate.Zeroed)
                {
                    data.AsSpan(0, length).CopyTo(node.Data.AsSpan((int)offset));
                }
            },
        };

        public void Apply(Disk disk, Fate fate)
        {
            if (fate != Fate.Lost)
            {
                Action(disk, fate);
            }
        }

        private static void RemoveEntry(Disk disk, int directory, string name, int child)
        {
            var entries = disk.Nodes[directory].Entries!;
            if (entries.TryGetValue(name, out var found) && found == child)
            {
                entries.Remove(name);
            }
        }

        private static void Resize(Node node, int length, bool shrink)
        {
            if (length > node.Data.Length || shrink)
            {
                var data = node.Data;
                Array.Resize(ref data, length);
                node.Data = data;
            }
        }
    }
}
