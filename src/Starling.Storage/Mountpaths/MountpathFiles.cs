using System.Buffers.Binary;
using System.Text;
using Starling.Core.Errors;
using Starling.Storage.Files;
using Starling.Storage.Layout;

namespace Starling.Storage.Mountpaths;

/// <summary>The store's own files on a mountpath: identity, lock, and the list of all mountpaths of the target.</summary>
internal static class MountpathFiles
{
    private const ushort IdentityKind = 1;
    private const ushort VolumeKind = 2;
    private const byte IdentityVersion = 2;

    public static string System(string mountpath) => $"{mountpath}/{Fqn.SystemDirectory}";

    public static string Lock(string mountpath) => System(mountpath) + "/lock";

    public static string Work(string mountpath) => System(mountpath) + "/work";

    public static string Probe(string mountpath) => System(mountpath) + "/probe";

    public static string Trash(string mountpath) => System(mountpath) + "/trash";

    public static string IdentityPath(string mountpath) => System(mountpath) + "/identity";

    /// <summary>The log index up to which the mountpath's objects were set aside.</summary>
    public static string Quarantined(string mountpath) => System(mountpath) + "/quarantined";

    /// <summary>The progress of passes.</summary>
    public static string Pass(string mountpath) => System(mountpath) + "/pass";

    /// <summary>Removes what tells of passes, durably.</summary>
    public static void RemoveProgress(IFileLayer files, string mountpath) => Remove(files, mountpath, Pass(mountpath), Pass(mountpath) + ".new", System(mountpath) + "/quarantine");

    /// <summary>Removes the progress of passes, durably; what was set aside stays.</summary>
    public static void RemovePass(IFileLayer files, string mountpath) => Remove(files, mountpath, Pass(mountpath), Pass(mountpath) + ".new");

    /// <summary>Forgets the cluster whose objects the mountpath holds, durably; it stays its target's.</summary>
    public static void RemoveCluster(IFileLayer files, string mountpath)
    {
        if (ReadIdentity(files, mountpath) is { ClusterId.Length: > 0 } identity)
        {
            WriteIdentity(files, mountpath, identity with { ClusterId = string.Empty });
        }
    }

    /// <summary>Removes the list of all mountpaths, durably.</summary>
    public static void RemoveVolume(IFileLayer files, string mountpath) => Remove(files, mountpath, VolumePath(mountpath), VolumePath(mountpath) + ".new");

    /// <summary>Makes the mountpath nobody's, durably.</summary>
    public static void RemoveIdentity(IFileLayer files, string mountpath) => Remove(files, mountpath, Quarantined(mountpath), Probe(mountpath), IdentityPath(mountpath));

    private static void Remove(IFileLayer files, string mountpath, params ReadOnlySpan<string> paths)
    {
        foreach (var path in paths)
        {
            if (files.Stat(path) is { IsDirectory: true })
            {
                files.RemoveDirectory(path);
            }
            else
            {
                files.Unlink(path);
            }
        }

        files.SyncDirectory(System(mountpath));
    }

    private static string VolumePath(string mountpath) => System(mountpath) + "/volume";

    /// <summary>Null on first use.</summary>
    public static Identity? ReadIdentity(IFileLayer files, string mountpath)
    {
        var path = IdentityPath(mountpath);
        var content = SystemFile.Read(files, path, IdentityKind);
        if (content is null)
        {
            return null;
        }

        if (content.Length <= 16)
        {
            throw new StoreException(ErrorCode.Corrupt, $"identity file \"{path}\" is too short: restore it, or replace the mountpath");
        }

        // The first form ends with the target id, which never begins with a zero byte.
        return content[16] != 0 ? new Identity(ReadId(content), Encoding.UTF8.GetString(content.AsSpan(16)), string.Empty) : ReadVersioned(content, path);
    }

    private static Identity ReadVersioned(ReadOnlySpan<byte> content, string path)
    {
        var version = content.Length > 17 ? content[17] : 0;
        if (version > IdentityVersion)
        {
            throw new StoreException(ErrorCode.Corrupt, $"identity file \"{path}\" has version {version}, this build knows up to {IdentityVersion}: start a newer build");
        }

        var names = Encoding.UTF8.GetString(content[Math.Min(18, content.Length)..]).Split('\0');
        return version == IdentityVersion && names is [{ Length: > 0 } target, var cluster]
            ? new Identity(ReadId(content), target, cluster)
            : throw new StoreException(ErrorCode.Corrupt, $"identity file \"{path}\" is malformed: restore it, or replace the mountpath");
    }

    public static void WriteIdentity(IFileLayer files, string mountpath, Identity identity)
    {
        var names = Encoding.UTF8.GetBytes($"{identity.TargetId}\0{identity.ClusterId}");
        var content = new byte[18 + names.Length];
        WriteId(content, identity.Id);
        content[17] = IdentityVersion;
        names.CopyTo(content, 18);
        SystemFile.Write(files, IdentityPath(mountpath), IdentityKind, content);
    }

    /// <summary>Null when this mountpath never saw a list.</summary>
    public static Volume? ReadVolume(IFileLayer files, string mountpath)
    {
        var content = SystemFile.Read(files, VolumePath(mountpath), VolumeKind);
        if (content is null)
        {
            return null;
        }

        var generation = BinaryPrimitives.ReadInt64LittleEndian(content);
        var settled = content[8] != 0;
        var members = new List<RecordedMountpath>();
        for (var at = 9; at < content.Length;)
        {
            var length = BinaryPrimitives.ReadUInt16LittleEndian(content.AsSpan(at + 16));
            members.Add(new RecordedMountpath(ReadId(content.AsSpan(at)), Encoding.UTF8.GetString(content, at + 18, length)));
            at += 18 + length;
        }

        return new Volume(generation, settled, members);
    }

    public static void WriteVolume(IFileLayer files, string mountpath, Volume volume)
    {
        var content = new MemoryStream();
        Span<byte> fixedPart = stackalloc byte[18];
        BinaryPrimitives.WriteInt64LittleEndian(fixedPart, volume.Generation);
        fixedPart[8] = volume.Settled ? (byte)1 : (byte)0;
        content.Write(fixedPart[..9]);
        foreach (var member in volume.Members)
        {
            var path = Encoding.UTF8.GetBytes(member.Path);
            WriteId(fixedPart, member.Id);
            BinaryPrimitives.WriteUInt16LittleEndian(fixedPart[16..], (ushort)path.Length);
            content.Write(fixedPart);
            content.Write(path);
        }

        SystemFile.Write(files, VolumePath(mountpath), VolumeKind, content.ToArray());
    }

    private static MountpathId ReadId(ReadOnlySpan<byte> content) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(content), BinaryPrimitives.ReadUInt64BigEndian(content[8..]));

    private static void WriteId(Span<byte> content, MountpathId id)
    {
        BinaryPrimitives.WriteUInt64BigEndian(content, id.High);
        BinaryPrimitives.WriteUInt64BigEndian(content[8..], id.Low);
    }
}

/// <summary>Who a mountpath is and to whom it belongs.</summary>
/// <param name="Id">The mountpath.</param>
/// <param name="TargetId">Its target.</param>
/// <param name="ClusterId">The cluster whose objects it holds; empty until that is known, and in files of the first form.</param>
internal sealed record Identity(MountpathId Id, string TargetId, string ClusterId);

/// <summary>All mountpaths of a target as of its last start.</summary>
/// <param name="Generation">Grows with each change.</param>
/// <param name="Settled">False once a mountpath was added after the first start: names may then lie where they belonged before.</param>
/// <param name="Members">The mountpaths.</param>
internal sealed record Volume(long Generation, bool Settled, IReadOnlyList<RecordedMountpath> Members);
