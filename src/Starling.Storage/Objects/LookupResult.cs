using System.Diagnostics.CodeAnalysis;
using Starling.Core.Errors;

namespace Starling.Storage.Objects;

/// <summary>What a look-up on this target's disks found.</summary>
public enum LookupStatus
{
    /// <summary>A record, object or tombstone.</summary>
    Found,

    /// <summary>Proven absent on this target; says nothing about others.</summary>
    Absent,

    /// <summary>Not known: the disk refused, the record is damaged, or the name's place may be a lost mountpath. Never the same as absent.</summary>
    Failed,
}

/// <summary>Result of a look-up: a record, absent, or not known and why.</summary>
/// <param name="Status">Which of the three.</param>
/// <param name="Record">The record when found.</param>
/// <param name="Error">The reason when not known.</param>
public readonly record struct LookupResult(LookupStatus Status, ObjectRecord? Record, StoreError? Error)
{
    /// <summary>Proven absent.</summary>
    public static readonly LookupResult Absent = new(LookupStatus.Absent, null, null);

    /// <summary>A record.</summary>
    public static LookupResult Found(ObjectRecord record) => new(LookupStatus.Found, record, null);

    /// <summary>Not known.</summary>
    public static LookupResult Failed(StoreError error) => new(LookupStatus.Failed, null, error);

    /// <summary>True when there is a live object, as opposed to a tombstone, a leftover or nothing.</summary>
    [MemberNotNullWhen(true, nameof(Record))]
    public bool IsLiveObject => Record is { Kind: RecordKind.Object, State: RecordState.Live };
}
