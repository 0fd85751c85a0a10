using Starling.Core.Objects;

namespace Starling.Cluster.Listing;

/// <summary>One name of a listing page.</summary>
/// <param name="Name">Name inside the bucket, UTF-8; a virtual directory ends with a slash.</param>
/// <param name="Flags">Bits of the wire: 64 present, 256 virtual directory, 4096 its metadata could not be read.</param>
/// <param name="SizeBytes">Size; -1 when it was not asked for.</param>
/// <param name="Attributes">Further attributes; null when none were asked for.</param>
public readonly record struct ListEntry(ReadOnlyMemory<byte> Name, ushort Flags, long SizeBytes, ListAttributes? Attributes)
{
    /// <summary>Which record it is, in a listing under one epoch while names may move; else null.</summary>
    public ListedKey? Key { get; init; }

    /// <summary>The object is in the cluster.</summary>
    public const ushort Present = 64;

    /// <summary>A virtual directory.</summary>
    public const ushort Directory = 256;

    /// <summary>The object's metadata could not be read.</summary>
    public const ushort HeadFailed = 4096;

    /// <summary>Memory that the entry holds, about.</summary>
    public int HeldBytes => 64 + Name.Length + (Attributes is { } more ? 64 + (2 * (more.Checksum.Length + more.Version.Length + more.Location.Length + more.Custom.Length)) : 0);

    /// <summary>Byte order of names: the order of listings.</summary>
    public int CompareName(in ListEntry other) => Name.Span.SequenceCompareTo(other.Name.Span);
}

/// <summary>The record behind a listed name.</summary>
/// <param name="Key">Its place in the order of writes.</param>
/// <param name="IsTombstone">It hides the name.</param>
public sealed record ListedKey(RecordKey Key, bool IsTombstone);

/// <summary>Attributes of a listed object beyond its size.</summary>
/// <param name="Checksum">Value of the checksum; empty for none.</param>
/// <param name="Version">Version; empty for none.</param>
/// <param name="AccessTimeNs">Last access, nanoseconds since 1970.</param>
/// <param name="Location">Node and mountpath, as shown.</param>
/// <param name="Custom">User metadata as shown: <c>[k1:v1 k2:v2]</c>; empty for none.</param>
public sealed record ListAttributes(string Checksum, string Version, long AccessTimeNs, string Location, string Custom);
