using System.Collections.Immutable;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Operations;

namespace Starling.Protocol.Rebalance;

/// <summary>Where a pass stands.</summary>
public enum PassStage
{
    /// <summary>Not begun: the session is not applied yet.</summary>
    Waiting,

    /// <summary>Waits for writes that began under an earlier epoch.</summary>
    AwaitingWrites,

    /// <summary>Every mountpath is flushed.</summary>
    Flushing,

    /// <summary>Hands off what belongs elsewhere.</summary>
    Walking,

    /// <summary>Asks the owners about every unverified leftover.</summary>
    Verifying,

    /// <summary>Something could not be moved or verified: see the errors. It is tried again after a delay, in a new epoch, or when asked to.</summary>
    Blocked,

    /// <summary>All verified; the leader is told.</summary>
    Reporting,

    /// <summary>Over.</summary>
    Ended,
}

/// <summary>Progress of a pass, for people and for the leader.</summary>
/// <param name="Epoch">Its epoch.</param>
/// <param name="Stage">Where it stands.</param>
/// <param name="Visited">Records that the walks came to.</param>
/// <param name="HandedOff">Records that are leftovers by this process's pass.</param>
/// <param name="HandedOffBytes">Their size.</param>
/// <param name="Verified">Leftovers that were verified.</param>
/// <param name="Revived">Leftovers that are live again.</param>
/// <param name="ErrorCount">How many errors the present attempt met.</param>
/// <param name="Errors">The first of them, at most <see cref="DrainPass.MaxErrors"/>.</param>
public sealed record PassStatus(long Epoch, PassStage Stage, long Visited, long HandedOff, long HandedOffBytes, long Verified, long Revived, long ErrorCount, ImmutableArray<PassError> Errors)
{
    /// <summary>Records among <see cref="HandedOff"/> whose content travelled; the receivers had the others already.</summary>
    public long Sent { get; init; }

    /// <summary>Bytes that travelled for them.</summary>
    public long SentBytes { get; init; }

    /// <summary>The part of a summary that the pass knows, put into what the disks say.</summary>
    /// <param name="disks">What the disks say.</param>
    public PassSummary Summary(PassSummary disks)
    {
        ArgumentNullException.ThrowIfNull(disks);
        return disks with
        {
            Epoch = Epoch,
            VisitedObjects = Visited,
            MovedObjects = HandedOff,
            MovedBytes = HandedOffBytes,
            VerifiedObjects = Verified,
            Verifying = Stage is PassStage.Verifying or PassStage.Reporting,
            ErrorCount = ErrorCount,
            ErrorNames = [.. Errors.Take(PassSummary.MostNames).Select(e => e.Subject)],
            FullReceivers = Others(ErrorCode.OutOfSpace),
            SilentReceivers = Others(ErrorCode.Unreachable),
        };
    }

    private ImmutableArray<NodeId> Others(ErrorCode code) => [.. Errors.Where(e => e.Error.Code == code && !e.Other.IsNone).Select(e => e.Other).Distinct().Order()];

    /// <inheritdoc/>
    public bool Equals(PassStatus? other) => other is not null && Epoch == other.Epoch && Stage == other.Stage && Visited == other.Visited && HandedOff == other.HandedOff && Sent == other.Sent
        && Verified == other.Verified && Revived == other.Revived && ErrorCount == other.ErrorCount && Errors.AsSpan().SequenceEqual(other.Errors.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Epoch, Stage, HandedOff, Verified, ErrorCount);
}
