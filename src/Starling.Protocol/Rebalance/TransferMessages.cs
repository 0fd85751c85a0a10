using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Protocol.Objects;

namespace Starling.Protocol.Rebalance;

/// <summary>The offer of a record to its owner (rules B2, B8). Its bytes follow when the owner asks for them.</summary>
/// <param name="Name">The object.</param>
/// <param name="Record">The record.</param>
/// <param name="From">Who offers it.</param>
/// <param name="Epoch">The sender's adopted epoch, read with the record under the name lock.</param>
/// <param name="AppliedIndex">The sender's applied index.</param>
public sealed record PushRequest(ObjectName Name, RecordHead Record, NodeId From, long Epoch, long AppliedIndex);

/// <summary>How a receiver answers.</summary>
public enum PushAnswerKind
{
    /// <summary>It holds this record or a greater one, flushed.</summary>
    Held,

    /// <summary>The bucket was destroyed: nobody needs the record any more.</summary>
    Obsolete,

    /// <summary>It has adopted another epoch, or the sender cannot hold the name any more: look again.</summary>
    Stale,

    /// <summary>It could not take the record; the error says why.</summary>
    Refused,
}

/// <summary>The answer to a push, with the marks of the receiver.</summary>
/// <param name="Kind">How.</param>
/// <param name="Epoch">The receiver's adopted epoch, under which it checked.</param>
/// <param name="AppliedIndex">The receiver's applied index; for <see cref="PushAnswerKind.Held"/> that of the check under its name lock.</param>
public sealed record PushAnswer(PushAnswerKind Kind, long Epoch, long AppliedIndex)
{
    /// <summary>For <see cref="PushAnswerKind.Held"/>: the key of what it holds.</summary>
    public RecordKey Key { get; init; }

    /// <summary>For <see cref="PushAnswerKind.Held"/>: size, bytes.</summary>
    public long SizeBytes { get; init; }

    /// <summary>For <see cref="PushAnswerKind.Held"/>: type of the checksum.</summary>
    public string ChecksumType { get; init; } = string.Empty;

    /// <summary>For <see cref="PushAnswerKind.Held"/>: the checksum.</summary>
    public string ChecksumValue { get; init; } = string.Empty;

    /// <summary>For <see cref="PushAnswerKind.Refused"/>: why.</summary>
    public StoreError? Error { get; init; }

    /// <summary>Its content travelled, or it is a tombstone that was taken; false: the receiver had it, or a greater record, already.</summary>
    public bool IsTaken { get; init; }
}

/// <summary>A question for one name (rules B2, B7): adopt the epoch, then say what lies there.</summary>
/// <param name="Name">The object.</param>
/// <param name="BucketId">Id of its bucket.</param>
/// <param name="Epoch">The asker's adopted epoch.</param>
/// <param name="AppliedIndex">The asker's applied index.</param>
public sealed record LookQuestion(ObjectName Name, ulong BucketId, long Epoch, long AppliedIndex);

/// <summary>The answer to a look.</summary>
/// <param name="Result">What was found.</param>
/// <param name="Record">The live record, when there is one.</param>
/// <param name="Epoch">The answering target's adopted epoch.</param>
/// <param name="AppliedIndex">The answering target's applied index.</param>
public sealed record LookAnswer(LookResult Result, RecordHead? Record, long Epoch, long AppliedIndex);

/// <summary>One leftover to be verified (rule B9).</summary>
/// <param name="Name">The object.</param>
/// <param name="Key">Its key.</param>
/// <param name="SizeBytes">Its size; 0 for a tombstone.</param>
/// <param name="ChecksumType">Type of its checksum.</param>
/// <param name="ChecksumValue">Its checksum.</param>
public sealed record VerifyItem(ObjectName Name, RecordKey Key, long SizeBytes, string ChecksumType, string ChecksumValue)
{
    /// <summary>The question for a record.</summary>
    public static VerifyItem Of(ObjectName name, RecordHead record)
    {
        ArgumentNullException.ThrowIfNull(record);
        return new VerifyItem(name, record.Key, record.SizeBytes, record.ChecksumType, record.ChecksumValue);
    }
}

/// <summary>How the owner answers for one item.</summary>
public enum VerifyVerdict
{
    /// <summary>It holds the record, or a greater one.</summary>
    Held,

    /// <summary>The bucket was destroyed.</summary>
    Obsolete,

    /// <summary>It has neither the record nor a greater one.</summary>
    Missing,

    /// <summary>It cannot say: not the owner at the asked epoch, a missing disk, an error.</summary>
    Unknown,
}

/// <summary>The answer for one item.</summary>
/// <param name="Verdict">The verdict.</param>
/// <param name="Epoch">The answering target's adopted epoch.</param>
/// <param name="Error">Why it cannot say, for <see cref="VerifyVerdict.Unknown"/>.</param>
public sealed record VerifyAnswer(VerifyVerdict Verdict, long Epoch, StoreError? Error = null)
{
    /// <summary>For <see cref="VerifyVerdict.Held"/>: it is another, newer record than the one that was asked about.</summary>
    public bool IsNewer { get; init; }
}
