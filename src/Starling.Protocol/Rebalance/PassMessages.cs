using System.Collections.Immutable;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Objects;

namespace Starling.Protocol.Rebalance;

/// <summary>Which records a page of a walk shows.</summary>
public enum WalkKind
{
    /// <summary>Every record that the disk calls live: objects, tombstones. A record that is live from before the walk until after it is shown, wherever it stands.</summary>
    Live,

    /// <summary>Every unverified leftover, of names without a live record: what a live record replaced is none any more, whatever file still lies there.</summary>
    UnverifiedLeftovers,
}

/// <summary>One name that a walk came to.</summary>
/// <param name="Name">The name.</param>
/// <param name="Record">What the disk says of it.</param>
public sealed record WalkedRecord(ObjectName Name, LocalRecord Record);

/// <summary>One name whose record is there and cannot be read.</summary>
/// <param name="Name">The name.</param>
/// <param name="Error">Why.</param>
public sealed record UnreadableRecord(ObjectName Name, StoreError Error);

/// <summary>What a pass is told.</summary>
public abstract record PassInput
{
    /// <summary>The view changed, or the driver wants the pass to look around. The first input of all.</summary>
    /// <param name="View">The view.</param>
    public sealed record ViewChanged(ObjectView View) : PassInput;

    /// <summary>No write that began under an earlier epoch than that of the pass is unfinished (<see cref="InFlight.HasNoneBelow"/>).</summary>
    public sealed record WritesFinished : PassInput;

    /// <summary>Every byte written to a mountpath so far is on its disk (<c>syncfs</c>), or the flush failed.</summary>
    /// <param name="Mountpath">Its id.</param>
    /// <param name="Error">Why it failed; null: it is flushed.</param>
    public sealed record Flushed(string Mountpath, StoreError? Error = null) : PassInput;

    /// <summary>The newest progress that was given is on disk.</summary>
    /// <param name="Error">Why it could not be written; null: it is.</param>
    public sealed record ProgressSaved(StoreError? Error = null) : PassInput;

    /// <summary>A page of a walk.</summary>
    /// <param name="Mountpath">Its id.</param>
    /// <param name="Records">The names, in the order of the walk; at most as many as asked for.</param>
    /// <param name="Cursor">Where the next page begins; opaque.</param>
    /// <param name="IsEnd">Nothing follows.</param>
    /// <param name="Unreadable">Names that are there and cannot be read, with the reason.</param>
    public sealed record Page(string Mountpath, ImmutableArray<WalkedRecord> Records, string Cursor, bool IsEnd, ImmutableArray<UnreadableRecord> Unreadable) : PassInput;

    /// <summary>A page could not be read.</summary>
    /// <param name="Mountpath">Its id.</param>
    /// <param name="Error">Why.</param>
    public sealed record PageFailed(string Mountpath, StoreError Error) : PassInput;

    /// <summary>A <see cref="HandOffPlan"/> ended.</summary>
    /// <param name="Mountpath">Id of the mountpath.</param>
    /// <param name="Name">The name.</param>
    /// <param name="End">Its last action.</param>
    public sealed record HandOffEnded(string Mountpath, ObjectName Name, TransferAction End) : PassInput;

    /// <summary>The owner answered a batch, item by item in the order of the question.</summary>
    /// <param name="Batch">Number of the batch.</param>
    /// <param name="Answers">One per item; empty when the owner did not answer.</param>
    /// <param name="Error">Why there is no answer.</param>
    public sealed record BatchAnswered(long Batch, ImmutableArray<VerifyAnswer> Answers, StoreError? Error = null) : PassInput;

    /// <summary>A <see cref="VerifyMarkPlan"/> ended.</summary>
    /// <param name="Mountpath">Id of the mountpath.</param>
    /// <param name="Name">The name.</param>
    /// <param name="End">Its last action.</param>
    public sealed record MarkEnded(string Mountpath, ObjectName Name, TransferAction End) : PassInput;

    /// <summary>The leader refused the report. That it was accepted is told by the applied state.</summary>
    /// <param name="Error">Why.</param>
    public sealed record ReportRefused(StoreError Error) : PassInput;

    /// <summary>The delay of <see cref="PassEffect.RetryLater"/> is over, or an operator asked to try again.</summary>
    public sealed record Retry : PassInput;

    /// <summary>How many hand-offs may run at once from now on, at least 1.</summary>
    /// <param name="MaxInFlight">How many.</param>
    public sealed record Pace(int MaxInFlight) : PassInput;
}

/// <summary>What a pass wants done. Every effect but those from <see cref="ReportClean"/> on is answered by one input.</summary>
public abstract record PassEffect
{
    /// <summary>Say <see cref="PassInput.WritesFinished"/> as soon as no write that began under an epoch before this one is unfinished.</summary>
    /// <param name="Epoch">Epoch of the pass.</param>
    public sealed record AwaitWrites(long Epoch) : PassEffect;

    /// <summary>Flush the whole file system of a mountpath (<c>syncfs</c>).</summary>
    /// <param name="Mountpath">Its id.</param>
    public sealed record Flush(string Mountpath) : PassEffect;

    /// <summary>Write and flush the progress. Only one at a time is under way.</summary>
    /// <param name="Progress">The progress.</param>
    public sealed record SaveProgress(PassProgress Progress) : PassEffect;

    /// <summary>Read a page of names.</summary>
    /// <param name="Mountpath">Id of the mountpath.</param>
    /// <param name="Kind">Which records.</param>
    /// <param name="Cursor">Where to begin; empty: at the beginning.</param>
    /// <param name="Limit">How many at most.</param>
    public sealed record ReadPage(string Mountpath, WalkKind Kind, string Cursor, int Limit) : PassEffect;

    /// <summary>Run a <see cref="HandOffPlan"/>.</summary>
    /// <param name="Mountpath">Id of the mountpath that it lies on.</param>
    /// <param name="Name">The name.</param>
    public sealed record HandOff(string Mountpath, ObjectName Name) : PassEffect;

    /// <summary>Ask the owner about leftovers (<see cref="VerifyItemPlan"/> there).</summary>
    /// <param name="Batch">Number of the batch.</param>
    /// <param name="Owner">The owner.</param>
    /// <param name="Epoch">The adopted epoch.</param>
    /// <param name="AppliedIndex">The applied index.</param>
    /// <param name="Items">The leftovers; never empty.</param>
    public sealed record AskBatch(long Batch, NodeId Owner, long Epoch, long AppliedIndex, ImmutableArray<VerifyItem> Items) : PassEffect;

    /// <summary>Run a <see cref="VerifyMarkPlan"/>.</summary>
    /// <param name="Mountpath">Id of the mountpath that it lies on.</param>
    /// <param name="Name">The name.</param>
    /// <param name="Leftover">The leftover that was asked about.</param>
    /// <param name="Answer">The answer; null when nobody needed to be asked.</param>
    public sealed record Mark(string Mountpath, ObjectName Name, LocalRecord Leftover, VerifyAnswer? Answer) : PassEffect;

    /// <summary>Tell the leader, until the applied state shows it, that this session made a pass for this epoch without an error.</summary>
    /// <param name="Progress">The pass: epoch, index at which it began, receivers.</param>
    public sealed record ReportClean(PassProgress Progress) : PassEffect;

    /// <summary>Say <see cref="PassInput.Retry"/> after this time.</summary>
    /// <param name="DelayMs">How long, milliseconds.</param>
    public sealed record RetryLater(int DelayMs) : PassEffect;

    /// <summary>The pass is over, nothing of it is under way. Its progress stays on the disk and is given to the next pass: who vouched in one that proved nothing must vouch there too. Another one begins when <see cref="DrainPass.IsWanted"/> says so.</summary>
    public sealed record End : PassEffect;
}

/// <summary>What could not be moved, by name.</summary>
/// <param name="Subject">Canonical name of the object, or the mountpath.</param>
/// <param name="Error">Why.</param>
public sealed record PassError(string Subject, StoreError Error)
{
    /// <summary>The other target, when the error is about one.</summary>
    public NodeId Other { get; init; }
}
