using System.Collections.Immutable;
using Starling.Core.Names;
using Starling.Protocol.Node;

namespace Starling.Protocol.Operations;

/// <summary>A target's summary of its pass and its disks: small, bounded, replaced by the next one.</summary>
public sealed record PassSummary
{
    /// <summary>How many names a summary carries at most.</summary>
    public const int MostNames = 16;

    /// <summary>Nothing known.</summary>
    public static PassSummary None { get; } = new();

    /// <summary>The epoch that the running pass is for; 0: none runs.</summary>
    public long Epoch { get; init; }

    /// <summary>Records visited so far in this pass.</summary>
    public long VisitedObjects { get; init; }

    /// <summary>Records handed over so far.</summary>
    public long MovedObjects { get; init; }

    /// <summary>Bytes handed over so far.</summary>
    public long MovedBytes { get; init; }

    /// <summary>Handed-over records that are verified.</summary>
    public long VerifiedObjects { get; init; }

    /// <summary>Whether the walk is over and the verification runs.</summary>
    public bool Verifying { get; init; }

    /// <summary>Objects on this target that are visible.</summary>
    public long Objects { get; init; }

    /// <summary>Their bytes.</summary>
    public long Bytes { get; init; }

    /// <summary>Size of its disks; 0: not known.</summary>
    public long CapacityBytes { get; init; }

    /// <summary>Bytes in use on its disks.</summary>
    public long UsedBytes { get; init; }

    /// <summary>How many records could not be read or sent.</summary>
    public long ErrorCount { get; init; }

    /// <summary>The first of them by name, at most <see cref="MostNames"/>.</summary>
    public ImmutableArray<string> ErrorNames { get; init; } = [];

    /// <summary>Receivers without space, sorted.</summary>
    public ImmutableArray<NodeId> FullReceivers { get; init; } = [];

    /// <summary>Receivers that do not answer, sorted.</summary>
    public ImmutableArray<NodeId> SilentReceivers { get; init; } = [];

    /// <summary>Jobs on this target that must not run beside a change of membership, by name, at most <see cref="MostNames"/>.</summary>
    public ImmutableArray<string> Jobs { get; init; } = [];

    /// <inheritdoc/>
    public bool Equals(PassSummary? other) => other is not null && Epoch == other.Epoch && VisitedObjects == other.VisitedObjects && MovedObjects == other.MovedObjects
        && MovedBytes == other.MovedBytes && VerifiedObjects == other.VerifiedObjects && Verifying == other.Verifying && Objects == other.Objects && Bytes == other.Bytes
        && CapacityBytes == other.CapacityBytes && UsedBytes == other.UsedBytes && ErrorCount == other.ErrorCount
        && ErrorNames.AsSpan().SequenceEqual(other.ErrorNames.AsSpan()) && FullReceivers.AsSpan().SequenceEqual(other.FullReceivers.AsSpan())
        && SilentReceivers.AsSpan().SequenceEqual(other.SilentReceivers.AsSpan()) && Jobs.AsSpan().SequenceEqual(other.Jobs.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Epoch, VisitedObjects, MovedObjects, ErrorCount);
}

/// <summary>A target says that its pass ended clean (rule B9); repeated until the state shows it. The session is the envelope's.</summary>
/// <param name="Epoch">The epoch of the pass.</param>
/// <param name="StartedIndex">Its applied index when the pass started.</param>
/// <param name="Receivers">Who answered its verification, sorted.</param>
/// <param name="OpenUploads">Uploads that are open there and belong elsewhere.</param>
public sealed record CleanReport(long Epoch, long StartedIndex, ImmutableArray<NodeId> Receivers, int OpenUploads) : Message
{
    /// <inheritdoc/>
    public bool Equals(CleanReport? other) => other is not null && Epoch == other.Epoch && StartedIndex == other.StartedIndex && OpenUploads == other.OpenUploads
        && Receivers.AsSpan().SequenceEqual(other.Receivers.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Epoch, StartedIndex, Receivers.Length);
}

/// <summary>A target's summary for the leader, about once a second.</summary>
/// <param name="Summary">The newest one.</param>
public sealed record SummaryReport(PassSummary Summary) : Message;

/// <summary>
/// A process has erased itself by its permit (rule A18); repeated until it knows that it is no member any more. Told to the leader, and to other members in turn:
/// once it is removed it hears from nobody by itself, and who leads may have changed.
/// </summary>
/// <param name="Operation">The operation of the permit.</param>
public sealed record EraseReport(long Operation) : Message;

/// <summary>
/// The membership of the addressee, an incarnation that erased itself by permit, is over (rule A18). Any member may say so: it has applied the permit and the
/// removal, both are committed, and that incarnation is never admitted again.
/// </summary>
/// <param name="Operation">The operation of the permit.</param>
public sealed record MembershipEnded(long Operation) : Message;

/// <summary>Is it safe to power this node off? Asked of the leader.</summary>
/// <param name="Number">Echoed.</param>
/// <param name="Subject">The node.</param>
public sealed record SafetyRequest(long Number, NodeId Subject) : Message;

/// <summary>The leader's answer, after it has confirmed its leadership.</summary>
/// <param name="Number">As asked.</param>
/// <param name="Verdict">Its verdict.</param>
public sealed record SafetyResponse(long Number, SafetyVerdict Verdict) : Message;
