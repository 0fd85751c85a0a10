using Starling.Core.Errors;
using Starling.Protocol.Objects;

namespace Starling.Protocol.Rebalance;

/// <summary>What a transfer plan is told.</summary>
public enum TransferEventKind
{
    /// <summary>It begins.</summary>
    Started,

    /// <summary>The shared lock was held while record <i>and</i> view were read (rule B8); it is released.</summary>
    Looked,

    /// <summary>The exclusive lock is held; the in-flight mark was set (<see cref="InFlight"/>), then the record was read, then the view.</summary>
    Locked,

    /// <summary>The receiver answered the push. Silence is <see cref="Failed"/>.</summary>
    Answered,

    /// <summary>The bytes are in a work file and their checksum is that of the offer.</summary>
    Received,

    /// <summary>The bytes of the leftover were read and hashed.</summary>
    Hashed,

    /// <summary>What was to be written is on disk, flushed; the lock is released; the view was taken after that.</summary>
    Stored,

    /// <summary>What the plan asked for failed; the lock, if any, is released.</summary>
    Failed,

    /// <summary>The applied state changed since the plan asked to wait.</summary>
    ViewChanged,

    /// <summary>Out of time; the lock, if any, is released.</summary>
    DeadlinePassed,
}

/// <summary>One event of a transfer plan.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="View">The world at this instant.</param>
public readonly record struct TransferEvent(TransferEventKind Kind, ObjectView View)
{
    /// <summary>For looks: whether it could be said what lies there. Absent and Record follow from <see cref="Record"/>.</summary>
    public bool IsUnknown { get; init; }

    /// <summary>For looks: what the target has of the name, leftovers included; null for nothing.</summary>
    public LocalRecord? Record { get; init; }

    /// <summary>For <see cref="TransferEventKind.Answered"/>: the answer.</summary>
    public PushAnswer? Answer { get; init; }

    /// <summary>For <see cref="TransferEventKind.Hashed"/>: size and checksum are those of the offer.</summary>
    public bool IsMatch { get; init; }

    /// <summary>For failures and unknown looks: why.</summary>
    public StoreError? Error { get; init; }

    /// <summary>It begins.</summary>
    public static TransferEvent Started(in ObjectView view) => new(TransferEventKind.Started, view);

    /// <summary>A shared look is done.</summary>
    public static TransferEvent Looked(in ObjectView view, LocalRecord? record) => new(TransferEventKind.Looked, view) { Record = record };

    /// <summary>A shared look could not tell.</summary>
    public static TransferEvent LookFailed(in ObjectView view, StoreError error) => new(TransferEventKind.Looked, view) { IsUnknown = true, Error = error };

    /// <summary>The exclusive lock is held.</summary>
    public static TransferEvent Locked(in ObjectView view, LocalRecord? record) => new(TransferEventKind.Locked, view) { Record = record };

    /// <summary>The exclusive lock is held, but the record could not be read.</summary>
    public static TransferEvent LockedUnknown(in ObjectView view, StoreError error) => new(TransferEventKind.Locked, view) { IsUnknown = true, Error = error };

    /// <summary>The receiver answered.</summary>
    public static TransferEvent Answered(in ObjectView view, PushAnswer answer) => new(TransferEventKind.Answered, view) { Answer = answer };

    /// <summary>The bytes are here.</summary>
    public static TransferEvent Received(in ObjectView view) => new(TransferEventKind.Received, view);

    /// <summary>The leftover's bytes were hashed.</summary>
    public static TransferEvent Hashed(in ObjectView view, bool isMatch) => new(TransferEventKind.Hashed, view) { IsMatch = isMatch };

    /// <summary>The write is on disk.</summary>
    public static TransferEvent Stored(in ObjectView view) => new(TransferEventKind.Stored, view);

    /// <summary>What was asked for failed.</summary>
    public static TransferEvent Failed(in ObjectView view, StoreError error) => new(TransferEventKind.Failed, view) { Error = error };

    /// <summary>Something changed that the plan waited for.</summary>
    public static TransferEvent ViewChanged(in ObjectView view) => new(TransferEventKind.ViewChanged, view);

    /// <summary>Out of time.</summary>
    public static TransferEvent DeadlinePassed(in ObjectView view) => new(TransferEventKind.DeadlinePassed, view);
}
