using System.Collections.Immutable;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Core.Objects;

namespace Starling.Protocol.Objects;

/// <summary>What a plan wants done next.</summary>
public enum PlanActionKind
{
    /// <summary>Nothing new: more answers are on their way.</summary>
    AwaitAnswers,

    /// <summary>Take the shared name lock, read the record (open its file, for a get), release the lock, take a view, report <see cref="PlanEventKind.Looked"/>.</summary>
    LookUp,

    /// <summary>Take the exclusive name lock, read the record, take a view, report <see cref="PlanEventKind.Locked"/>; the lock stays held until the next action.</summary>
    LockName,

    /// <summary>Under the held lock: write the key into the files, flush, rename, flush the directory; release the lock; take a view; report the result.</summary>
    Commit,

    /// <summary>Ask the candidates in parallel; report each answer, with the action's <see cref="PlanAction.Round"/>.</summary>
    AskCandidates,

    /// <summary>
    /// The name belongs to another target: send the work file to <see cref="PlanAction.Node"/> under the same request id, with the marks of rule B2;
    /// report <see cref="PlanEventKind.Forwarded"/>. An answer that is lost after the body was sent is an unknown outcome.
    /// </summary>
    Forward,

    /// <summary>Wait until the applied state or the lease changes, report <see cref="PlanEventKind.ViewChanged"/>; at the deadline report that.</summary>
    WaitForView,

    /// <summary>The end: the name belongs to another target, the client is redirected. (A put that has its body may be forwarded instead: <see cref="Forward"/>.)</summary>
    Redirect,

    /// <summary>The end: answer with the record, or with its bytes from <see cref="PlanAction.Node"/>.</summary>
    Answer,

    /// <summary>The end: answer with the error.</summary>
    Refuse,
}

/// <summary>
/// One step for the driver. The driver's whole duty: release the name lock before any action but <see cref="PlanActionKind.Commit"/>, do the action,
/// report one event (an event per candidate for <see cref="PlanActionKind.AskCandidates"/>), until the action is an end.
/// </summary>
/// <param name="Kind">What to do.</param>
public readonly record struct PlanAction(PlanActionKind Kind)
{
    /// <summary>For asking: whom, the newest ownership first.</summary>
    public ImmutableArray<NodeId> Nodes { get; init; } = [];

    /// <summary>For a redirect or a forward: the owner. For an answer: where the bytes lie (this target, or the candidate that has the record).</summary>
    public NodeId Node { get; init; }

    /// <summary>For asking and redirects: the epoch that the other side must have adopted.</summary>
    public long Epoch { get; init; }

    /// <summary>For asking: number of this round of questions, from 1. Answers to an earlier round are ignored.</summary>
    public int Round { get; init; }

    /// <summary>For waiting: the applied index that the plan has seen already.</summary>
    public long AppliedIndex { get; init; }

    /// <summary>For a commit: the key.</summary>
    public RecordKey Key { get; init; }

    /// <summary>For a commit: the version that clients see.</summary>
    public long Version { get; init; }

    /// <summary>For a commit: write a tombstone.</summary>
    public bool IsTombstone { get; init; }

    /// <summary>For the commit of a tombstone: it may be forgotten at once, so removing the record does (rule B11).</summary>
    public bool MayForget { get; init; }

    /// <summary>For an answer: the record; null when a delete found nothing to show.</summary>
    public RecordHead? Record { get; init; }

    /// <summary>For an answer to a read: served without a lease, mark it (rule B3).</summary>
    public bool MayBeStale { get; init; }

    /// <summary>For an answer to a read: the conditions say that the client has it already.</summary>
    public bool IsNotModified { get; init; }

    /// <summary>For an answer to a put: the same content was stored already, nothing was written.</summary>
    public bool IsUnchanged { get; init; }

    /// <summary>For a refusal: why. For waiting: what for, which becomes the answer at the deadline.</summary>
    public StoreError? Error { get; init; }

    /// <summary>Whether the plan is over.</summary>
    public bool IsEnd => Kind is PlanActionKind.Redirect or PlanActionKind.Answer or PlanActionKind.Refuse;

    internal static PlanAction LookUp() => new(PlanActionKind.LookUp);

    internal static PlanAction LockName() => new(PlanActionKind.LockName);

    internal static PlanAction Refuse(StoreError error) => new(PlanActionKind.Refuse) { Error = error };

    internal static PlanAction Wait(in ObjectView view, StoreError why) => new(PlanActionKind.WaitForView) { AppliedIndex = view.AppliedIndex, Error = why };

    internal static PlanAction Ask(CandidateSurvey survey, in ObjectView view, int round) =>
        new(PlanActionKind.AskCandidates) { Nodes = survey.Asked, Epoch = view.Epoch, Round = round };

    internal static PlanAction RedirectTo(NodeId owner, in ObjectView view) => new(PlanActionKind.Redirect) { Node = owner, Epoch = view.Epoch };
}
