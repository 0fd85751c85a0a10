using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Objects;

namespace Starling.Protocol.Rebalance;

/// <summary>What a transfer plan wants done next.</summary>
public enum TransferActionKind
{
    /// <summary>
    /// Take the shared name lock, read record and then view while it is held, release it, report <see cref="TransferEventKind.Looked"/>.
    /// A commit that passed its check earlier is finished then (rule B8).
    /// </summary>
    LookUp,

    /// <summary>
    /// Set the in-flight mark, take the exclusive name lock, read the record, then take the view; report <see cref="TransferEventKind.Locked"/>.
    /// Lock and mark stay until the next action is carried out, its write and flush included.
    /// </summary>
    LockName,

    /// <summary>Send <see cref="TransferAction.Push"/> to <see cref="TransferAction.Node"/>, report <see cref="TransferEventKind.Answered"/> or failure.</summary>
    Push,

    /// <summary>Let the sender send the bytes; receive them into a work file, verify size and checksum; report <see cref="TransferEventKind.Received"/> or failure.</summary>
    TakeBytes,

    /// <summary>Read and hash the bytes of the leftover here, without a lock; report <see cref="TransferEventKind.Hashed"/>.</summary>
    HashLeftover,

    /// <summary>Under the held lock: make <see cref="TransferAction.Record"/> the live record (from the work file, or a tombstone), whatever was there; flush file and directory.</summary>
    Commit,

    /// <summary>Under the held lock: make the live record a leftover with <see cref="TransferAction.HandOver"/>; flush.</summary>
    Mark,

    /// <summary>Under the held lock: make the leftover verified; flush.</summary>
    MarkVerified,

    /// <summary>Under the held lock: make the leftover live; flush.</summary>
    Revive,

    /// <summary>Under the held lock: flush the live record, whatever its durability.</summary>
    Flush,

    /// <summary>Under the held lock: remove the record.</summary>
    Remove,

    /// <summary>Wait until the applied state changes, report <see cref="TransferEventKind.ViewChanged"/>; at the deadline report that.</summary>
    WaitForView,

    /// <summary>The end: see <see cref="TransferAction.Outcome"/>.</summary>
    Done,
}

/// <summary>How a transfer plan ended.</summary>
public enum TransferOutcome
{
    /// <summary>Not ended.</summary>
    None,

    /// <summary>Hand-off: the record is a leftover now, durably.</summary>
    HandedOff,

    /// <summary>Hand-off: there is no live record of the name any more.</summary>
    Gone,

    /// <summary>Hand-off: this target owns the name.</summary>
    Owned,

    /// <summary>Receive: <see cref="TransferAction.Answer"/> is to be sent.</summary>
    PushAnswered,

    /// <summary>Look: <see cref="TransferAction.LookAnswer"/> is to be sent.</summary>
    LookAnswered,

    /// <summary>Verification, asked side: <see cref="TransferAction.VerifyAnswer"/> is to be sent.</summary>
    VerifyAnswered,

    /// <summary>Verification, asking side: the leftover is verified, durably.</summary>
    Verified,

    /// <summary>Verification, asking side: the record is live again, durably.</summary>
    Revived,

    /// <summary>Nothing to do any more: the record is another one, or in another state, than it was.</summary>
    Changed,

    /// <summary>Verification: epoch or owner moved since the answer was given.</summary>
    AskAgain,

    /// <summary>Forgetting: the record is removed.</summary>
    Forgotten,

    /// <summary>It could not be done; <see cref="TransferAction.Error"/> says why.</summary>
    Failed,
}

/// <summary>What to do next. A driver carries it out and reports one event, until it is <see cref="TransferActionKind.Done"/>.</summary>
/// <param name="Kind">What to do.</param>
public readonly record struct TransferAction(TransferActionKind Kind)
{
    /// <summary>For a push: to whom. For the end of a hand-off: who took it, or who did not; none when it did not come to that.</summary>
    public NodeId Node { get; init; }

    /// <summary>For a push: the offer.</summary>
    public PushRequest? Push { get; init; }

    /// <summary>For a commit: the record. For hashing and revival: the leftover that is meant. For the end of a hand-off: what was handed over.</summary>
    public RecordHead? Record { get; init; }

    /// <summary>For a revival: the leftover may be a verified one, since its bytes were compared with what the sender offers.</summary>
    public bool MayBeVerified { get; init; }

    /// <summary>For a mark: what the leftover remembers.</summary>
    public HandOver? HandOver { get; init; }

    /// <summary>For a mark and the end of a hand-off: content travelled for it; false: the receiver had the record already.</summary>
    public bool HasTravelled { get; init; }

    /// <summary>For waiting: the applied index that the plan has seen already.</summary>
    public long AppliedIndex { get; init; }

    /// <summary>For the end: how.</summary>
    public TransferOutcome Outcome { get; init; }

    /// <summary>For the end of a receive: the answer to the sender.</summary>
    public PushAnswer? Answer { get; init; }

    /// <summary>For the end of a look: the answer to the asker.</summary>
    public LookAnswer? LookAnswer { get; init; }

    /// <summary>For the end of the asked side of a verification: the answer to the asker.</summary>
    public VerifyAnswer? VerifyAnswer { get; init; }

    /// <summary>For failures: why. For waiting: what for, which becomes the failure at the deadline.</summary>
    public StoreError? Error { get; init; }

    /// <summary>Whether the plan is over.</summary>
    public bool IsEnd => Kind == TransferActionKind.Done;

    internal static TransferAction LookUp() => new(TransferActionKind.LookUp);

    internal static TransferAction LockName() => new(TransferActionKind.LockName);

    internal static TransferAction Wait(in ObjectView view, StoreError why) => new(TransferActionKind.WaitForView) { AppliedIndex = view.AppliedIndex, Error = why };

    internal static TransferAction Done(TransferOutcome outcome, StoreError? error = null) => new(TransferActionKind.Done) { Outcome = outcome, Error = error };

    internal static TransferAction Fail(StoreError error) => Done(TransferOutcome.Failed, error);
}
