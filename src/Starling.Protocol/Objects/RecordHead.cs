using Starling.Core.Objects;

namespace Starling.Protocol.Objects;

/// <summary>What a plan needs to know of a live record; the rest of its attributes stays with the store.</summary>
/// <param name="Key">Its place in the order of writes.</param>
/// <param name="IsTombstone">It says that the name was deleted.</param>
/// <param name="SizeBytes">Size of the object; 0 for a tombstone.</param>
/// <param name="ChecksumType">Name of the checksum's type; empty for none.</param>
/// <param name="ChecksumValue">The checksum, lower-case hexadecimal.</param>
/// <param name="Version">Version that clients see, from 1; 0 when the bucket has no versions.</param>
public sealed record RecordHead(RecordKey Key, bool IsTombstone, long SizeBytes, string ChecksumType, string ChecksumValue, long Version)
{
    /// <summary>Entity tag that conditions compare with, without quotation marks; empty when the object has none.</summary>
    public string ETag { get; init; } = string.Empty;

    /// <summary>The level at which it was stored.</summary>
    public Durability Durability { get; init; } = Durability.Durable;

    /// <summary>The greater of two records by key; either may be null.</summary>
    public static RecordHead? Greatest(RecordHead? left, RecordHead? right) =>
        left is null ? right : right is null || left.Key >= right.Key ? left : right;
}

/// <summary>What a look at a store, here or on a neighbour, found.</summary>
public enum LookResult
{
    /// <summary>No live record, and none can be on a disk that is missing.</summary>
    Absent,

    /// <summary>A live record.</summary>
    Record,

    /// <summary>It cannot be said: a disk is missing or failed, the node is starting, or it cannot be reached. Never "not found".</summary>
    Unknown,

    /// <summary>A neighbour has adopted a newer epoch than the asker, or applied the destruction of the bucket: what it has says nothing about the asked state. The asker catches up and starts over.</summary>
    Stale,
}
