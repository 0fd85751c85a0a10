using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Core.Wire;
using Starling.Server.Api.Native.Daemon;
using Starling.Storage.Files;
using Starling.Storage.Layout;

namespace Starling.Server.Hosting;

/// <summary>The node's directory: locked for this process, bound to one node id, remembering where members were seen.</summary>
internal sealed class DataDirectory : IDisposable
{
    private const ushort IdKind = 0x4e01;
    private const ushort PeersKind = 0x4e02;
    private const ushort EndKind = 0x4e03;
    private const int MaxPeers = 64;

    private readonly IFileLayer files;
    private readonly IOpenFile lockFile;

    private DataDirectory(IFileLayer files, string root, IOpenFile lockFile)
    {
        this.files = files;
        Root = root;
        this.lockFile = lockFile;
    }

    public string Root { get; }

    public string ControlLog => Path.Combine(Root, "control", "control.log");

    public string LogFile => Path.Combine(Root, "log", "aisnode.log");

    /// <summary>Identity of the lock file that this process holds (rule B3).</summary>
    public FileFacts LockFacts => lockFile.Stat();

    private string IdFile => Path.Combine(Root, "node.id");

    /// <summary>The id of a first start that is not complete yet.</summary>
    private string FirstIdFile => Path.Combine(Root, "node.id.first");

    private string PeersFile => Path.Combine(Root, "control", "peers");

    private string EndFile => Path.Combine(Root, "control", "end");

    /// <summary>Makes the directory when absent and locks it.</summary>
    /// <exception cref="StoreException">Another process holds it (the message names it), or it cannot be used.</exception>
    public static DataDirectory Open(IFileLayer files, string root)
    {
        try
        {
            Make(files, root);
            Make(files, Path.Combine(root, "control"));
            Make(files, Path.Combine(root, "log"));
            var path = Path.Combine(root, "lock");
            var file = files.Open(path, FileOpenMode.OpenOrCreate);
            if (!file.TryLock())
            {
                var holder = ReadHolder(file);
                file.Dispose();
                throw new StoreException(
                    ErrorCode.Busy, $"data directory {root} is in use by {holder}: stop that process, or give this node a directory of its own (--data)");
            }

            var text = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"process {Environment.ProcessId} on {Environment.MachineName}"));
            file.SetLength(0);
            file.Write(text, 0);
            return new DataDirectory(files, root, file);
        }
        catch (FileLayerException error)
        {
            throw new StoreException(new StoreError(ErrorCode.DiskFailure, $"data directory {root} cannot be used: {error.Message}"), error);
        }
    }

    /// <summary>The remembered id; null before the first start.</summary>
    public NodeId? ReadId() =>
        SystemFile.Read(files, IdFile, IdKind) is { } bytes ? NodeId.Parse(Encoding.UTF8.GetString(bytes)) : null;

    /// <summary>
    /// Decides the id of this node: the given one, the remembered one, or a new one. On a first start it is written down before anything is marked with it, so
    /// that a start that is cut off is continued under the same id.
    /// </summary>
    /// <exception cref="StoreException">The directory belongs to another id.</exception>
    public NodeId TakeId(NodeId given, Func<NodeId> draw)
    {
        if (ReadId() is { } known)
        {
            files.Unlink(FirstIdFile);
            return given.IsNone || known == given
                ? known
                : throw new StoreException(
                    ErrorCode.Conflict, $"data directory {Root} belongs to node {known}, not to {given}: start with --id {known}, or give {given} a directory of its own (--data)");
        }

        var first = SystemFile.Read(files, FirstIdFile, IdKind) is { } bytes ? NodeId.Parse(Encoding.UTF8.GetString(bytes)) : default;
        var id = !given.IsNone ? given : !first.IsNone ? first : draw();
        if (id != first)
        {
            SystemFile.Write(files, FirstIdFile, IdKind, Encoding.UTF8.GetBytes(id.Value));
        }

        return id;
    }

    /// <summary>Remembers the id for good; to be called after the control log exists, so that an id without a log means a lost log.</summary>
    public void WriteId(NodeId id)
    {
        SystemFile.Write(files, IdFile, IdKind, Encoding.UTF8.GetBytes(id.Value));
        files.Unlink(FirstIdFile);
    }

    /// <summary>Control addresses of members seen earlier; places to ask.</summary>
    public ImmutableArray<string> ReadPeers() =>
        SystemFile.Read(files, PeersFile, PeersKind) is { } bytes ? [.. JsonSerializer.Deserialize<string[]>(bytes) ?? []] : [];

    public void WritePeers(IEnumerable<string> addresses) =>
        SystemFile.Write(files, PeersFile, PeersKind, JsonSerializer.SerializeToUtf8Bytes(addresses.Take(MaxPeers).ToArray()));

    /// <summary>The order to leave a cluster that ends, if one was taken and is not carried out.</summary>
    /// <exception cref="StoreException">Corrupt: the file is damaged; the message names it.</exception>
    public EndOrderWire? ReadEnd()
    {
        try
        {
            return SystemFile.Read(files, EndFile, EndKind) is { } bytes ? JsonSerializer.Deserialize(bytes, WireJson.Instance.EndOrderWire) : null;
        }
        catch (JsonException error)
        {
            throw new StoreException(new StoreError(ErrorCode.Corrupt, $"\"{EndFile}\" is no order to leave a cluster: remove it if this node is to go on, else empty the node's directories"), error);
        }
    }

    /// <summary>Writes down that this node leaves its cluster.</summary>
    /// <exception cref="StoreException">DiskFailure or OutOfSpace: the order does not stand.</exception>
    public void WriteEnd(EndOrderWire order)
    {
        try
        {
            SystemFile.Write(files, EndFile, EndKind, JsonSerializer.SerializeToUtf8Bytes(order, WireJson.Instance.EndOrderWire));
        }
        catch (FileLayerException failure)
        {
            throw failure.ToStoreException();
        }
    }

    /// <summary>
    /// Removes all that makes this node a member: control log, remembered members, settings of its own. It keeps its id, as one whose first start is not
    /// complete yet; the order itself goes last.
    /// </summary>
    /// <exception cref="FileLayerException">The disk refused.</exception>
    public void Forget()
    {
        if (ReadId() is { } known)
        {
            SystemFile.Write(files, FirstIdFile, IdKind, Encoding.UTF8.GetBytes(known.Value));
        }

        var control = Path.Combine(Root, "control");
        var names = new List<string>();
        files.ReadDirectory(control, (name, isDirectory) => names.AddRange(isDirectory ? [] : [Encoding.UTF8.GetString(name)]));
        foreach (var path in names.Select(name => Path.Combine(control, name)).Where(path => path != EndFile))
        {
            files.Unlink(path);
        }

        files.SyncDirectory(control);
        files.Unlink(Path.Combine(Root, NodeConfig.FileName));
        files.Unlink(IdFile);
        files.SyncDirectory(Root);
        files.Unlink(EndFile);
        files.SyncDirectory(control);
    }

    public void Dispose() => lockFile.Dispose();

    private static void Make(IFileLayer files, string path)
    {
        if (files.Stat(path) is { } facts)
        {
            if (!facts.IsDirectory)
            {
                throw new StoreException(ErrorCode.Invalid, $"{path} is not a directory: name another one with --data");
            }

            return;
        }

        var parent = Path.GetDirectoryName(path)!;
        if (files.Stat(parent) is null)
        {
            Make(files, parent);
        }

        files.MakeDirectory(path);
        files.SyncDirectory(parent);
    }

    private static string ReadHolder(IOpenFile file)
    {
        Span<byte> buffer = stackalloc byte[256];
        var count = file.Read(buffer, 0);
        return count > 0 ? Encoding.UTF8.GetString(buffer[..count]) : "another process";
    }
}
