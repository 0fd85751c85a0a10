using System.Collections.Immutable;
using Starling.Core.Names;

namespace Starling.Protocol.Identity;

/// <summary>What a node is for.</summary>
public enum NodeRole
{
    /// <summary>Routes requests and administers the cluster; electable unless configured otherwise.</summary>
    Gateway,

    /// <summary>Stores objects; may vote, and lead as a caretaker (rule A4).</summary>
    Target,
}

/// <summary>Where a node listens, as it tells others; each is an absolute URL. Gossip, not identity (rule A8).</summary>
/// <param name="Public">For clients.</param>
/// <param name="Control">For control messages.</param>
/// <param name="Data">For objects between nodes.</param>
public sealed record NodeAddresses(string Public, string Control, string Data);

/// <summary>A lock file that a process holds: whoever holds the same file later knows that the earlier process is gone (rule B3).</summary>
/// <param name="Device">Device number of the filesystem.</param>
/// <param name="Inode">Inode number of the file.</param>
public readonly record struct LockFile(ulong Device, ulong Inode) : IComparable<LockFile>
{
    /// <inheritdoc/>
    public int CompareTo(LockFile other)
    {
        var order = Device.CompareTo(other.Device);
        return order != 0 ? order : Inode.CompareTo(other.Inode);
    }

    /// <summary>Order by device, then inode.</summary>
    public static bool operator <(LockFile left, LockFile right) => left.CompareTo(right) < 0;

    /// <summary>Order by device, then inode.</summary>
    public static bool operator >(LockFile left, LockFile right) => left.CompareTo(right) > 0;

    /// <summary>Order by device, then inode.</summary>
    public static bool operator <=(LockFile left, LockFile right) => left.CompareTo(right) <= 0;

    /// <summary>Order by device, then inode.</summary>
    public static bool operator >=(LockFile left, LockFile right) => left.CompareTo(right) >= 0;
}

/// <summary>What a process says of itself when it starts; it becomes its committed session (rule B3).</summary>
/// <param name="Id">The node.</param>
/// <param name="Role">Gateway or target.</param>
/// <param name="Electable">Whether a gateway may vote and lead; ignored for targets, which always may.</param>
/// <param name="Addresses">Where it listens.</param>
/// <param name="MountpathIds">Sorted ids of a target's mountpaths; empty for gateways.</param>
/// <param name="HostBootId">Boot id of the host's kernel.</param>
/// <param name="LockFiles">Sorted lock files that the process holds.</param>
public sealed record NodeFacts(
    NodeId Id,
    NodeRole Role,
    bool Electable,
    NodeAddresses Addresses,
    ImmutableArray<string> MountpathIds,
    string HostBootId,
    ImmutableArray<LockFile> LockFiles)
{
    /// <summary>Whether this node may be a voter (rule A1): electable gateways and all targets.</summary>
    public bool MayVote => Role == NodeRole.Target || Electable;

    /// <inheritdoc/>
    public bool Equals(NodeFacts? other) =>
        other is not null && Id == other.Id && Role == other.Role && Electable == other.Electable && Addresses == other.Addresses
        && HostBootId == other.HostBootId && MountpathIds.AsSpan().SequenceEqual(other.MountpathIds.AsSpan())
        && LockFiles.AsSpan().SequenceEqual(other.LockFiles.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => Id.Digest.GetHashCode();
}
