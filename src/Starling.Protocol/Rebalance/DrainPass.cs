using System.Collections.Immutable;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Objects;
using Starling.Protocol.State;

namespace Starling.Protocol.Rebalance;

/// <summary>
/// One pass of one target (rule B9), from the wait for earlier writes to the report that makes <c>Clean</c> true. Deterministic: inputs in, effects out.
/// </summary>
/// <remarks>
/// <code>
/// AwaitWrites(e) -> Flush every mountpath -> walk each mountpath: page, hand off what others own, next page; the durable cursor follows finished pages
/// -> visit every unverified leftover: ask the owner in batches, mark; anything revived: walk that mountpath again, then verify again
/// -> a whole round without an error, a revival or a change -> ReportClean(e) -> the applied Clean reaches e -> End
/// </code>
/// A later epoch does not restart it: each record is judged by the epoch adopted when it is visited. Whatever could not be moved is listed by name, the
/// walk goes on, and the pass does not end before a later attempt met no error. A receiver that is full or silent is left alone for the rest of the attempt.
/// </remarks>
public sealed partial class DrainPass
{
    /// <summary>How many errors are kept by name.</summary>
    public const int MaxErrors = 100;

    /// <summary>How many names one page of a walk has at most.</summary>
    public const int PageLimit = 256;

    /// <summary>After so many pages without a hand-over the cursor is written all the same.</summary>
    public const int PagesPerSave = 16;

    /// <summary>After so many rounds of verification in which something moved, the next one waits.</summary>
    public const int DirtyRoundsAtOnce = 4;

    /// <summary>Delay of another attempt after errors, milliseconds.</summary>
    public const int RetryDelayMs = 5_000;

    private readonly ImmutableArray<PassLane> lanes;
    private readonly SortedDictionary<long, (PassLane Lane, NodeId Owner, ImmutableArray<WalkedRecord> Items)> batches = [];
    private readonly List<PassError> errors = [];
    private readonly SortedDictionary<NodeId, StoreError> avoided = [];
    private readonly List<PassEffect> effects = [];
    private readonly PassProgress? saved;
    private readonly bool isSavedLost;
    private PassProgress progress;
    private ObjectView view;
    private PassStage stage;
    private bool isRoundDirty;
    private int dirtyRounds;
    private bool isReported;
    private bool isFlushed;
    private bool isSaveHeld;
    private bool isEnding;
    private int nextLane;
    private long version;
    private long savedVersion;
    private long savingVersion;
    private long lastBatch;
    private long blockedEpoch;
    private int flushesLeft;
    private int running;
    private int maxInFlight;
    private long errorCount;
    private long visited;
    private long handedOff;
    private long handedOffBytes;
    private long sent;
    private long sentBytes;
    private long verified;
    private long revived;

    /// <summary>Makes a pass. It does nothing before its first input.</summary>
    /// <param name="mountpaths">Ids of the mountpaths that are here.</param>
    /// <param name="resume">What an earlier process made durable, or null. It is taken up if its epoch is not newer than the adopted one.</param>
    /// <param name="maxInFlight">How many hand-offs may run at once, at least 1.</param>
    /// <param name="isResumeLost">There was a progress and it cannot be read: the pass begins anew, and whoever may have vouched counts as having done so.</param>
    public DrainPass(ImmutableArray<string> mountpaths, PassProgress? resume, int maxInFlight = 16, bool isResumeLost = false)
    {
        isSavedLost = isResumeLost;
        lanes = [.. mountpaths.Order(StringComparer.Ordinal).Select(id => new PassLane(id))];
        saved = resume;
        progress = new PassProgress(0, 0, ImmutableSortedDictionary.Create<string, MountpathProgress>(StringComparer.Ordinal), []);
        this.maxInFlight = Math.Max(1, maxInFlight);
    }

    /// <summary>Where it stands.</summary>
    public PassStatus Status => new(progress.Epoch, stage, visited, handedOff, handedOffBytes, verified, revived, errorCount, [.. errors])
    {
        Sent = sent,
        SentBytes = sentBytes,
    };

    /// <summary>Whether it is over.</summary>
    public bool IsEnded => stage == PassStage.Ended;

    /// <summary>Whether a pass is to run: this target has something to prove, and automatic rebalance is on or an operation asks.</summary>
    public static bool IsWanted(in ObjectView view) => view.IsCommittedSession && view.State.PassWanted(view.Self) is not null;

    /// <summary>Takes what happened, says what to do. The effects are to be carried out in any order, all of them.</summary>
    public ImmutableArray<PassEffect> Step(PassInput input)
    {
        ArgumentNullException.ThrowIfNull(input);
        if (stage == PassStage.Ended)
        {
            return [];
        }

        if (!isEnding || input is PassInput.HandOffEnded or PassInput.MarkEnded or PassInput.ProgressSaved)
        {
            Take(input);
        }

        if (isEnding)
        {
            EndWhenNothingRuns();
        }
        else
        {
            Go();
        }

        var result = effects.ToImmutableArray();
        effects.Clear();
        return result;
    }

    private void Take(PassInput input)
    {
        switch (input)
        {
            case PassInput.ViewChanged changed:
                TakeView(changed.View);
                break;
            case PassInput.WritesFinished when stage == PassStage.AwaitingWrites:
                BeginFlushing();
                break;
            case PassInput.Flushed flushed when stage == PassStage.Flushing:
                TakeFlushed(flushed);
                break;
            case PassInput.ProgressSaved done:
                TakeSaved(done.Error);
                break;
            case PassInput.Page page:
                TakePage(page);
                break;
            case PassInput.PageFailed failed:
                TakePageFailed(failed);
                break;
            case PassInput.HandOffEnded ended:
                TakeHandOff(ended);
                break;
            case PassInput.BatchAnswered answered:
                TakeBatch(answered);
                break;
            case PassInput.MarkEnded ended:
                TakeMark(ended);
                break;
            case PassInput.ReportRefused refused when stage == PassStage.Reporting:
                Fail("report", refused.Error);
                Block();
                break;
            case PassInput.Retry:
                isSaveHeld = false;
                if (stage == PassStage.Blocked)
                {
                    TryAgain();
                }

                break;
            case PassInput.Pace pace:
                maxInFlight = Math.Max(1, pace.MaxInFlight);
                break;
            default:
                break;
        }
    }

    private void TakeView(in ObjectView changed)
    {
        view = changed;
        if (!view.IsCommittedSession || view.State.Node(view.Self) is not { } self)
        {
            return;
        }

        if (stage == PassStage.Waiting)
        {
            var resumed = saved is not null && saved.Epoch <= view.Epoch && saved.Epoch > self.Clean && !IsOutdated(saved) ? saved : null;
            progress = resumed ?? progress with { Epoch = view.Epoch, StartedIndex = view.AppliedIndex, Receivers = VouchedBefore(self) };

            // Mountpaths that are not here any more have nothing to say; new ones begin at the beginning.
            var here = lanes.Select(lane => KeyValuePair.Create(lane.Mountpath, progress.Mountpaths.GetValueOrDefault(lane.Mountpath, MountpathProgress.None)));
            progress = progress with { Mountpaths = ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, here) };
            stage = PassStage.AwaitingWrites;
            effects.Add(new PassEffect.AwaitWrites(progress.Epoch));
        }

        // Proven by this pass, overtaken by an automatic advance (rule B0), nobody wants it any more, or it began too early: it ends without further effect.
        var wanted = view.State.PassWanted(view.Self);
        if (wanted is not { } pass || IsOutdated(progress) || (self.Clean >= progress.Epoch && pass.Epoch != progress.Epoch))
        {
            isEnding = true;
        }
        else if (stage == PassStage.Blocked && view.Epoch != blockedEpoch)
        {
            TryAgain();
        }
    }

    // What an unproven pass made verified is not asked about again: who vouched for it then must be in the proof of this one (rule A20).
    private ImmutableArray<NodeId> VouchedBefore(NodeEntry self) => isSavedLost ? MayHaveVouched()
        : saved is null || saved.StartedIndex < self.CleanIndex ? []
        : [.. saved.Receivers.Where(id => !view.State.Losses.TryGetValue(id, out var loss) || loss.Index <= saved.StartedIndex)];

    // A target that is outside of placement and clean has handed on whatever it took over (rule A20).
    private ImmutableArray<NodeId> MayHaveVouched() =>
    [
        .. view.State.Nodes.Values
            .Where(node => node.Id != view.Self && node.HoldsIntegers && (node.State is AdminState.In or AdminState.Joining || node.Clean < view.Epoch))
            .Select(node => node.Id).Order(),
    ];

    /// <summary>An operation asks for a pass that begins later, or somebody who vouched in this one was declared lost since: its report would be refused.</summary>
    private bool IsOutdated(PassProgress pass) =>
        (view.State.PassWanted(view.Self) is { } wanted && wanted.AskedIndex > pass.StartedIndex)
        || pass.Receivers.Any(id => view.State.Losses.TryGetValue(id, out var loss) && loss.Index > pass.StartedIndex);

    // A revival that is still under way would come to life behind the cursor of the next pass; a save, over its progress.
    private void EndWhenNothingRuns()
    {
        effects.Clear();
        if (running == 0 && savingVersion == savedVersion)
        {
            stage = PassStage.Ended;
            effects.Add(new PassEffect.End());
        }
    }

    private void BeginFlushing()
    {
        stage = PassStage.Flushing;
        flushesLeft = lanes.Length;
        foreach (var lane in lanes)
        {
            effects.Add(new PassEffect.Flush(lane.Mountpath));
        }
    }

    private void TakeFlushed(PassInput.Flushed flushed)
    {
        if (flushed.Error is not null)
        {
            Fail(flushed.Mountpath, flushed.Error);
        }

        if (--flushesLeft > 0)
        {
            return;
        }

        if (errorCount > 0)
        {
            Block();
            return;
        }

        isFlushed = true;
        BeginWalking();
    }

    private void BeginWalking()
    {
        stage = PassStage.Walking;
        isReported = false;
        foreach (var lane in lanes)
        {
            var walked = progress.Mountpaths[lane.Mountpath];
            lane.Begin(walked.Cursor, walked.IsWalked);
        }

        MustSave();
    }

    private void BeginVerifying()
    {
        stage = PassStage.Verifying;
        isRoundDirty = false;
        foreach (var lane in lanes)
        {
            lane.Begin(string.Empty, isDone: false);
        }
    }

    private void TryAgain()
    {
        errors.Clear();
        avoided.Clear();
        errorCount = 0;
        isReported = false;
        if (!isFlushed)
        {
            stage = PassStage.AwaitingWrites;
            effects.Add(new PassEffect.AwaitWrites(progress.Epoch));
            return;
        }

        BeginWalking();
    }

    private void Block()
    {
        stage = PassStage.Blocked;
        blockedEpoch = view.Epoch;
        effects.Add(new PassEffect.RetryLater(RetryDelayMs));
    }

    private void Fail(string subject, StoreError error, NodeId other = default)
    {
        errorCount++;
        if (errors.Count < MaxErrors)
        {
            errors.Add(new PassError(subject, error) { Other = other });
        }
    }

    private PassLane? Lane(string mountpath) => lanes.FirstOrDefault(lane => lane.Mountpath == mountpath);

    // Everything that follows from where the lanes stand; called after every input.
    private void Go()
    {
        if (stage is PassStage.Walking or PassStage.Verifying)
        {
            foreach (var lane in lanes)
            {
                GoOn(lane);
            }

            Dispatch();
            if (lanes.All(lane => lane.IsDone))
            {
                EndOfStage();
            }
        }

        if (stage == PassStage.Reporting && !isReported && savedVersion == version)
        {
            isReported = true;
            effects.Add(new PassEffect.ReportClean(progress));
        }

        Save();
    }

    private void EndOfStage()
    {
        if (errorCount > 0)
        {
            Block();
        }
        else if (lanes.Any(lane => !progress.Mountpaths[lane.Mountpath].IsWalked))
        {
            BeginWalking();
            Go();
        }
        else if (stage == PassStage.Verifying && isRoundDirty && ++dirtyRounds % DirtyRoundsAtOnce == 0)
        {
            // Epochs that move faster than a round: not at full speed for ever.
            Block();
        }
        else if (stage == PassStage.Walking || isRoundDirty)
        {
            BeginVerifying();
            Go();
        }
        else if (view.MissesMountpath)
        {
            Fail("mountpaths", PlanChecks.Unavailable($"target {view.Self} misses a mountpath: what lay there cannot be handed off; bring it back or declare it lost"));
            Block();
        }
        else
        {
            stage = PassStage.Reporting;
        }
    }

    private void GoOn(PassLane lane)
    {
        if (lane.IsDone || !lane.IsPageDone)
        {
            return;
        }

        if (stage == PassStage.Walking)
        {
            FinishPage(lane);
        }

        if (lane.IsAtEnd || lane.IsFailed)
        {
            lane.IsDone = true;
            return;
        }

        lane.IsReading = true;
        effects.Add(new PassEffect.ReadPage(lane.Mountpath, stage == PassStage.Walking ? WalkKind.Live : WalkKind.UnverifiedLeftovers, lane.NextCursor, PageLimit));
    }

    // The cursor follows only what is finished: every mark behind it is flushed.
    private void FinishPage(PassLane lane)
    {
        var walked = progress.Mountpaths[lane.Mountpath];
        var next = walked with { Cursor = lane.NextCursor };
        if (lane.IsFailed)
        {
            next = MountpathProgress.None;
        }
        else if (lane.IsAtEnd)
        {
            next = walked.MustWalkAgain ? MountpathProgress.None : new MountpathProgress(string.Empty, IsWalked: true, MustWalkAgain: false);
        }

        if (next != walked)
        {
            SetProgress(lane, next, mustSave: lane.IsAtEnd || lane.IsFailed || ++lane.PagesSinceSave >= PagesPerSave);
        }
    }

    private void SetProgress(PassLane lane, MountpathProgress next, bool mustSave)
    {
        progress = progress with { Mountpaths = progress.Mountpaths.SetItem(lane.Mountpath, next) };
        if (mustSave)
        {
            lane.PagesSinceSave = 0;
            MustSave();
        }
    }

    private void MustSave() => version++;

    private void Save()
    {
        if (stage != PassStage.Ended && !isSaveHeld && savingVersion == savedVersion && savedVersion < version)
        {
            savingVersion = version;
            effects.Add(new PassEffect.SaveProgress(progress));
        }
    }

    private void TakeSaved(StoreError? error)
    {
        if (error is null)
        {
            savedVersion = savingVersion;
            return;
        }

        savingVersion = savedVersion;
        isSaveHeld = true;
        Fail("progress of the pass", error);
        effects.Add(new PassEffect.RetryLater(RetryDelayMs));
    }
}
