using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Protocol.Objects;
using Starling.Protocol.Rebalance;
using Starling.Storage.Objects;

namespace Starling.Target.Neighbors;

/// <summary>The answer to a look, and the record with all its attributes when there is one.</summary>
/// <param name="Answer">What the plan is told.</param>
/// <param name="Record">The record, for an answer of <see cref="LookResult.Record"/>.</param>
/// <param name="Error">Why it is unknown, when it is.</param>
public sealed record NeighborLook(LookAnswer Answer, ObjectRecord? Record = null, StoreError? Error = null)
{
    /// <summary>Nobody answered, or not in time, or with something that does not count.</summary>
    public static NeighborLook Unknown(StoreError why) => new(new LookAnswer(LookResult.Unknown, null, 0, 0), null, why);
}

/// <summary>Which bytes are wanted of which record.</summary>
/// <param name="Name">The object.</param>
/// <param name="Key">Key of the record that was decided for; no other one's bytes are sent.</param>
/// <param name="Epoch">The asker's adopted epoch.</param>
/// <param name="AppliedIndex">The asker's applied index.</param>
public sealed record ContentQuestion(ObjectName Name, RecordKey Key, long Epoch, long AppliedIndex)
{
    /// <summary>First byte.</summary>
    public long Offset { get; init; }

    /// <summary>Number of bytes; -1: to the end.</summary>
    public long LengthBytes { get; init; } = -1;
}

/// <summary>Bytes of a record on another target; dispose it.</summary>
/// <param name="record">The record with all its attributes.</param>
/// <param name="content">The bytes asked for, exactly as many; reading fails with <see cref="StoreException"/> when they break off or stall.</param>
/// <param name="lengthBytes">How many they are.</param>
public sealed class NeighborContent(ObjectRecord record, Stream content, long lengthBytes) : IAsyncDisposable
{
    /// <summary>The record.</summary>
    public ObjectRecord Record { get; } = record;

    /// <summary>The bytes.</summary>
    public Stream Content { get; } = content;

    /// <summary>Number of bytes.</summary>
    public long LengthBytes { get; } = lengthBytes;

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Content.DisposeAsync();
}

/// <summary>The content, or why there is none.</summary>
/// <param name="Content">The content; null: it cannot be had there.</param>
/// <param name="Error">Why not.</param>
public readonly record struct NeighborOpen(NeighborContent? Content, StoreError? Error)
{
    /// <summary>Whether there is content.</summary>
    [MemberNotNullWhen(true, nameof(Content))]
    [MemberNotNullWhen(false, nameof(Error))]
    public bool IsOpen => Content is not null;
}

/// <summary>The answers to a batch, in its order.</summary>
/// <param name="Answers">One per item; empty when the owner did not answer.</param>
/// <param name="Error">Why there is no answer.</param>
public sealed record VerifyReply(ImmutableArray<VerifyAnswer> Answers, StoreError? Error = null);

/// <summary>A put that moved with its name.</summary>
/// <param name="Name">The object.</param>
/// <param name="BucketId">Id of the bucket as resolved when the client's request came in.</param>
/// <param name="RequestId">Id of the client's request.</param>
/// <param name="Epoch">The epoch that the receiver must have adopted.</param>
/// <param name="AppliedIndex">The sender's applied index.</param>
/// <param name="SizeBytes">Size of the body.</param>
/// <param name="ChecksumType">Type of its checksum; <c>none</c>: there is none.</param>
/// <param name="ChecksumValue">Its checksum.</param>
public sealed record ForwardedPut(
    ObjectName Name, ulong BucketId, string RequestId, long Epoch, long AppliedIndex, long SizeBytes, string ChecksumType, string ChecksumValue)
{
    /// <summary>Conditions of the request.</summary>
    public Conditions Conditions { get; init; } = Conditions.None;

    /// <summary>User metadata.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Custom { get; init; } = [];

    /// <summary>Nothing need be written when the same content is stored already.</summary>
    public bool MayStayUnchanged { get; init; }
}

/// <summary>What became of a forwarded put.</summary>
/// <param name="Record">The stored record; null when there is an error.</param>
/// <param name="Error">Why it was not stored, or that this is not known.</param>
public sealed record ForwardAnswer(ObjectRecord? Record, StoreError? Error);
