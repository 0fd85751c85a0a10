using Starling.Core.Names;
using Starling.Core.Objects;

namespace Starling.Storage.Objects;

/// <summary>What a record says of its name.</summary>
public enum RecordKind
{
    /// <summary>There are bytes.</summary>
    Object = 1,

    /// <summary>The name was deleted; hides every older record.</summary>
    Tombstone = 2,
}

/// <summary>Whether a record counts.</summary>
public enum RecordState
{
    /// <summary>Visible.</summary>
    Live = 1,

    /// <summary>Handed off to another target, kept until that is verified and reclaimed.</summary>
    Leftover = 2,

    /// <summary>Set aside: brought along from another life of the target, or damaged.</summary>
    Quarantined = 3,
}

/// <summary>To whom a leftover was handed, and whether that was verified.</summary>
/// <param name="Epoch">Placement epoch of the hand-over.</param>
/// <param name="Receiver">The target that answered "held".</param>
/// <param name="Verified">True after a verification named it held; only then may it be reclaimed.</param>
public sealed record LeftoverMark(long Epoch, NodeId Receiver, bool Verified)
{
    /// <summary>Log index that the receiver had applied when it checked the record; 0: not known.</summary>
    public long Index { get; init; }
}

/// <summary>All that is known of one object or tombstone on one target; stored beside the bytes in one extended attribute.</summary>
public sealed record ObjectRecord
{
    /// <summary>Order of writes.</summary>
    public required RecordKey Key { get; init; }

    /// <summary>Object or tombstone.</summary>
    public required RecordKind Kind { get; init; }

    /// <summary>The full name, for example <c>ais/@#/bucket/a/b.tar</c>: proves that the file belongs to its path.</summary>
    public required string Uname { get; init; }

    /// <summary>Live, leftover or quarantined.</summary>
    public RecordState State { get; init; } = RecordState.Live;

    /// <summary>Present exactly when <see cref="State"/> is <see cref="RecordState.Leftover"/>.</summary>
    public LeftoverMark? Leftover { get; init; }

    /// <summary>Bytes of content; 0 for a tombstone.</summary>
    public long SizeBytes { get; init; }

    /// <summary>Name of the checksum's algorithm as on the wire (<c>xxhash2</c>); <c>none</c> when there is no checksum.</summary>
    public string ChecksumType { get; init; } = "none";

    /// <summary>The checksum in lower-case hexadecimal; empty when there is none.</summary>
    public string ChecksumValue { get; init; } = string.Empty;

    /// <summary>The object's version string; empty when unversioned.</summary>
    public string Version { get; init; } = string.Empty;

    /// <summary>Wall clock at commit, nanoseconds since 1970; for display only.</summary>
    public long WrittenTimeNs { get; init; }

    /// <summary>Last access, nanoseconds since 1970; for display and eviction only.</summary>
    public long AccessTimeNs { get; init; }

    /// <summary>The level at which the record was committed.</summary>
    public Durability Durability { get; init; }

    /// <summary>User and system metadata in the order of arrival; keys are unique.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Custom { get; init; } = [];
}
