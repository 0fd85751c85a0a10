using System.Collections.Immutable;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Identity;
using Starling.Protocol.Objects;
using Starling.Protocol.Operations;
using Starling.Protocol.Rebalance;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;
using Starling.Tests.Protocol.State;
using Xunit;
using static Starling.Tests.Protocol.Objects.PlanScript;
using static Starling.Tests.Protocol.Rebalance.TransferScript;

namespace Starling.Tests.Protocol.Rebalance;

public class DrainPassTests
{
    private static readonly StoreError Broken = new(ErrorCode.DiskFailure, "EIO");

    private static readonly ImmutableArray<ObjectName> Names = [.. Enumerable.Range(0, 40).Select(i => ObjectName.Parse(Fold.Bucket(), $"n-{i:d2}"))];

    /// <summary>Target 1 is back with another weight: it owns names that it handed over, and nothing advances by itself.</summary>
    private static ClusterState Back { get; } = (Moved with
    {
        Nodes = Moved.Nodes.SetItem(Fold.Target(1), Moved.Nodes[Fold.Target(1)] with { Weight = 2 }),
    }).Move((1, AdminState.In));

    private static ObjectView View(ClusterState state, int self = 1) => new(state, Fold.Target(self), state.Node(Fold.Target(self))!.Session, IsLeaseValid: false);

    private static T Only<T>(ImmutableArray<PassEffect> effects) => Assert.Single(effects.OfType<T>());

    private static PassInput.Page Page(string mountpath, string cursor, bool end, params WalkedRecord[] records) => new(mountpath, [.. records], cursor, end, []);

    private static WalkedRecord Live(ObjectName name) => new(name, new LocalRecord(Record()));

    private static WalkedRecord Handed(ObjectName name) => new(name, Leftover(Record()));

    private static TransferAction HandedOff => new(TransferActionKind.Done) { Outcome = TransferOutcome.HandedOff, Node = Fold.Target(2), Record = Record() };

    private static TransferAction Failed => new(TransferActionKind.Done) { Outcome = TransferOutcome.Failed, Error = Broken };

    private static TransferAction Ended(TransferOutcome outcome) => new(TransferActionKind.Done) { Outcome = outcome };

    /// <summary>A pass with one mountpath that stands before its first page.</summary>
    private static DrainPass Walking(PassProgress? resume = null, ClusterState? state = null)
    {
        var pass = new DrainPass(["a"], resume);
        Only<PassEffect.AwaitWrites>(pass.Step(new PassInput.ViewChanged(View(state ?? Moved))));
        Only<PassEffect.Flush>(pass.Step(new PassInput.WritesFinished()));
        var effects = pass.Step(new PassInput.Flushed("a"));
        Only<PassEffect.SaveProgress>(effects);
        Assert.Equal(PassStage.Walking, pass.Status.Stage);
        pass.Step(new PassInput.ProgressSaved());
        return pass;
    }

    /// <summary>The same pass, walked without anything to hand over, before its first page of leftovers.</summary>
    private static DrainPass Verifying(ClusterState? state = null)
    {
        var pass = Walking(state: state);
        Assert.Equal(WalkKind.UnverifiedLeftovers, Only<PassEffect.ReadPage>(pass.Step(Page("a", "z", end: true))).Kind);
        pass.Step(new PassInput.ProgressSaved());
        return pass;
    }

    [Fact]
    public void B9_a_pass_waits_for_earlier_writes_and_flushes_every_mountpath_before_it_walks()
    {
        var pass = new DrainPass(["b", "a"], null);
        Assert.Equal(2, Only<PassEffect.AwaitWrites>(pass.Step(new PassInput.ViewChanged(View(Moved)))).Epoch);
        Assert.Empty(pass.Step(new PassInput.Flushed("a")));
        Assert.Equal(["a", "b"], pass.Step(new PassInput.WritesFinished()).Cast<PassEffect.Flush>().Select(f => f.Mountpath));
        Assert.Empty(pass.Step(new PassInput.Flushed("b")));
        var effects = pass.Step(new PassInput.Flushed("a"));
        Assert.Equal(["a", "b"], effects.OfType<PassEffect.ReadPage>().Select(p => p.Mountpath));
        Assert.All(effects.OfType<PassEffect.ReadPage>(), p => Assert.Equal((WalkKind.Live, string.Empty), (p.Kind, p.Cursor)));
    }

    [Fact]
    public void B9_before_its_own_session_is_applied_no_pass_starts()
    {
        var pass = new DrainPass(["a"], null);
        Assert.Empty(pass.Step(new PassInput.ViewChanged(View(Moved) with { Session = new SessionId(77) })));
        Only<PassEffect.AwaitWrites>(pass.Step(new PassInput.ViewChanged(View(Moved))));
    }

    [Fact]
    public void B9_what_others_own_is_handed_off_the_rest_is_left_alone()
    {
        var pass = Walking(state: Fold.Serving(3).Move((2, AdminState.Draining)).Move((2, AdminState.In)));
        var handed = pass.Step(Page("a", "p", end: true, [.. Names.Select(Live)])).OfType<PassEffect.HandOff>().Select(h => h.Name).ToArray();
        var state = Fold.Serving(3);
        Assert.Equal(Names.Where(n => state.Newest.OwnerOf(n.Digest) != Fold.Target(1)).Take(16), handed);
    }

    [Fact]
    public void B9_no_more_hand_offs_run_at_once_than_the_pace_says()
    {
        var pass = Walking();
        Assert.Equal(16, pass.Step(Page("a", "p", end: false, [.. Names.Select(Live)])).OfType<PassEffect.HandOff>().Count());
        Only<PassEffect.HandOff>(pass.Step(new PassInput.HandOffEnded("a", Names[0], HandedOff)));
        Assert.Empty(pass.Step(new PassInput.Pace(4)));
        for (var i = 1; i < 13; i++)
        {
            Assert.Empty(pass.Step(new PassInput.HandOffEnded("a", Names[i], HandedOff)).OfType<PassEffect.HandOff>());
        }

        Only<PassEffect.HandOff>(pass.Step(new PassInput.HandOffEnded("a", Names[13], HandedOff)));
        Assert.Equal(4, pass.Step(new PassInput.Pace(8)).OfType<PassEffect.HandOff>().Count());
        Assert.Equal(14, pass.Status.HandedOff);
    }

    [Fact]
    public void B9_the_cursor_never_passes_a_record_that_is_not_a_leftover_yet()
    {
        var pass = Walking();
        var first = pass.Step(Page("a", "p", end: false, Live(Names[0]), Live(Names[1])));
        Assert.Equal(2, first.OfType<PassEffect.HandOff>().Count());
        Assert.Empty(pass.Step(new PassInput.HandOffEnded("a", Names[0], HandedOff)));
        var done = pass.Step(new PassInput.HandOffEnded("a", Names[1], HandedOff));
        Assert.Equal("p", Only<PassEffect.SaveProgress>(done).Progress.Mountpaths["a"].Cursor);
        Assert.Equal("p", Only<PassEffect.ReadPage>(done).Cursor);
    }

    [Fact]
    public void B9_a_page_without_anything_to_move_is_not_worth_a_flush()
    {
        var pass = Walking();
        for (var i = 0; i < DrainPass.PagesPerSave - 1; i++)
        {
            Assert.Empty(pass.Step(Page("a", $"p{i}", end: false)).OfType<PassEffect.SaveProgress>());
        }

        Only<PassEffect.SaveProgress>(pass.Step(Page("a", "p", end: false)));
    }

    [Fact]
    public void B9_what_cannot_be_moved_is_named_the_walk_goes_on_and_the_pass_does_not_end()
    {
        var pass = Walking();
        pass.Step(Page("a", "p", end: false, Live(Names[0]), Live(Names[1])));
        pass.Step(new PassInput.HandOffEnded("a", Names[0], Failed));
        var next = pass.Step(new PassInput.HandOffEnded("a", Names[1], HandedOff));
        Assert.True(Only<PassEffect.SaveProgress>(next).Progress.Mountpaths["a"].MustWalkAgain);
        Only<PassEffect.ReadPage>(next);
        pass.Step(new PassInput.ProgressSaved());

        Only<PassEffect.RetryLater>(pass.Step(Page("a", "z", end: true)));
        Assert.Equal((PassStage.Blocked, 1), (pass.Status.Stage, pass.Status.ErrorCount));
        Assert.Equal(Names[0].Cname, Assert.Single(pass.Status.Errors).Subject);

        pass.Step(new PassInput.ProgressSaved());
        var again = Only<PassEffect.ReadPage>(pass.Step(new PassInput.Retry()));
        Assert.Equal((string.Empty, WalkKind.Live), (again.Cursor, again.Kind));
        Assert.Equal(0, pass.Status.ErrorCount);
        Assert.Equal(WalkKind.UnverifiedLeftovers, Only<PassEffect.ReadPage>(pass.Step(Page("a", "z", end: true))).Kind);
    }

    [Theory]
    [InlineData(ErrorCode.OutOfSpace)]
    [InlineData(ErrorCode.Unreachable)]
    public void B9_a_receiver_that_is_full_or_silent_is_left_alone_until_the_next_attempt(ErrorCode code)
    {
        var pass = Walking();
        pass.Step(new PassInput.Pace(1));
        var mine = Names.Where(n => Moved.Newest.OwnerOf(n.Digest) == Fold.Target(2)).ToArray();
        var others = Names.Where(n => Moved.Newest.OwnerOf(n.Digest) == Fold.Target(3)).ToArray();
        Assert.Equal(mine[0], Only<PassEffect.HandOff>(pass.Step(Page("a", "p", end: false, Live(mine[0]), Live(mine[1]), Live(others[0])))).Name);
        var end = new TransferAction(TransferActionKind.Done) { Outcome = TransferOutcome.Failed, Node = Fold.Target(2), Error = new StoreError(code, "no") };
        Assert.Equal(others[0], Only<PassEffect.HandOff>(pass.Step(new PassInput.HandOffEnded("a", mine[0], end))).Name);
        pass.Step(new PassInput.HandOffEnded("a", others[0], HandedOff));
        Assert.Empty(pass.Step(Page("a", "z", end: true, Live(mine[2]))).OfType<PassEffect.HandOff>());
        Assert.Equal((PassStage.Blocked, 3), (pass.Status.Stage, pass.Status.ErrorCount));

        var summary = pass.Status.Summary(PassSummary.None with { Bytes = 7 });
        Assert.Equal((2, 4, 1, 3, 7), (summary.Epoch, summary.VisitedObjects, summary.MovedObjects, summary.ErrorCount, summary.Bytes));
        Assert.Equal([Fold.Target(2)], (code == ErrorCode.OutOfSpace ? summary.FullReceivers : summary.SilentReceivers).ToArray());
        Assert.Equal(3, summary.ErrorNames.Length);

        pass.Step(new PassInput.ProgressSaved());
        pass.Step(new PassInput.Retry());
        Only<PassEffect.HandOff>(pass.Step(Page("a", "z", end: true, Live(mine[0]))));
    }

    [Fact]
    public void B9_names_that_cannot_be_read_and_pages_that_fail_block_the_end()
    {
        var pass = Walking();
        pass.Step(new PassInput.Page("a", [], "z", IsEnd: true, [new UnreadableRecord(Names[0], Broken)]));
        Assert.Equal((PassStage.Blocked, Names[0].Cname), (pass.Status.Stage, pass.Status.Errors[0].Subject));

        var failing = Walking();
        failing.Step(new PassInput.PageFailed("a", Broken));
        Assert.Equal((PassStage.Blocked, "a"), (failing.Status.Stage, failing.Status.Errors[0].Subject));
    }

    [Fact]
    public void B9_a_damaged_record_that_the_target_keeps_blocks_nothing_and_one_that_it_hands_over_is_named()
    {
        var state = Fold.Serving(3).Move((2, AdminState.Draining)).Move((2, AdminState.In));
        var mine = Names.First(n => state.Newest.OwnerOf(n.Digest) == Fold.Target(1));
        var theirs = Names.First(n => state.Newest.OwnerOf(n.Digest) != Fold.Target(1));
        var pass = Walking(state: state);
        pass.Step(new PassInput.Page("a", [], "z", IsEnd: true, [new UnreadableRecord(mine, Broken)]));
        Assert.Equal((PassStage.Verifying, 0), (pass.Status.Stage, pass.Status.ErrorCount));
        pass.Step(new PassInput.ProgressSaved());
        pass.Step(new PassInput.Page("a", [], "z", IsEnd: true, [new UnreadableRecord(mine, Broken)]));
        Assert.Equal(PassStage.Reporting, pass.Status.Stage);

        var other = Walking(state: state);
        other.Step(new PassInput.Page("a", [], "z", IsEnd: true, [new UnreadableRecord(mine, Broken), new UnreadableRecord(theirs, Broken)]));
        Assert.Equal((PassStage.Blocked, theirs.Cname), (other.Status.Stage, Assert.Single(other.Status.Errors).Subject));
    }

    [Fact]
    public void B9_a_new_epoch_tries_again_at_once()
    {
        var pass = Walking();
        pass.Step(new PassInput.PageFailed("a", Broken));
        pass.Step(new PassInput.ProgressSaved());
        Only<PassEffect.ReadPage>(pass.Step(new PassInput.ViewChanged(View(Moved.Move((3, AdminState.Draining))))));
    }

    [Fact]
    public void B9_the_list_of_errors_is_bounded_their_count_is_not()
    {
        var pass = Walking();
        var errors = Enumerable.Range(0, DrainPass.MaxErrors + 20).Select(i => new UnreadableRecord(ObjectName.Parse(Fold.Bucket(), $"n-{i}"), Broken)).ToImmutableArray();
        pass.Step(new PassInput.Page("a", [], "z", IsEnd: true, errors));
        Assert.Equal((DrainPass.MaxErrors, DrainPass.MaxErrors + 20), (pass.Status.Errors.Length, pass.Status.ErrorCount));
    }

    [Fact]
    public void B9_a_resumed_pass_begins_at_its_cursor_and_owes_what_it_owed()
    {
        var cursor = new PassProgress(2, 5, ImmutableSortedDictionary<string, MountpathProgress>.Empty.Add("a", new MountpathProgress("m", false, false)).Add("gone", MountpathProgress.None), []);
        var pass = new DrainPass(["a"], cursor);
        pass.Step(new PassInput.ViewChanged(View(Moved.Move((3, AdminState.Draining)))));
        pass.Step(new PassInput.WritesFinished());
        var effects = pass.Step(new PassInput.Flushed("a"));
        Assert.Equal("m", Only<PassEffect.ReadPage>(effects).Cursor);
        Assert.Equal((2, 5, "a"), (pass.Status.Epoch, Only<PassEffect.SaveProgress>(effects).Progress.StartedIndex, Only<PassEffect.SaveProgress>(effects).Progress.Mountpaths.Keys.Single()));

        var owing = Walking(cursor with { Mountpaths = cursor.Mountpaths.SetItem("a", new MountpathProgress("m", false, MustWalkAgain: true)) });
        Assert.Equal((WalkKind.Live, string.Empty), (Only<PassEffect.ReadPage>(owing.Step(Page("a", "z", end: true))) is var page ? (page.Kind, page.Cursor) : default));
    }

    [Fact]
    public void B9_progress_of_another_epoch_counts_only_while_there_is_something_to_prove()
    {
        var done = new PassProgress(1, 5, ImmutableSortedDictionary<string, MountpathProgress>.Empty.Add("a", new MountpathProgress("m", true, false)), []);
        Assert.Equal(2, Walking(done, Moved.WithIntegers(1, 2, 1)).Status.Epoch);
        Assert.Equal(2, Walking(done with { Epoch = 3 }).Status.Epoch);
    }

    [Fact]
    public void B9_verification_visits_the_leftovers_of_earlier_processes_even_if_nothing_was_handed_off_now()
    {
        var pass = Verifying();
        var ask = Only<PassEffect.AskBatch>(pass.Step(Page("a", "z", end: true, Handed(Name))));
        Assert.Equal((Fold.Target(2), 2, VerifyItem.Of(Name, Record())), (ask.Owner, ask.Epoch, ask.Items.Single()));

        // The receiver is durable before the mark that relies on it.
        var answered = pass.Step(new PassInput.BatchAnswered(ask.Batch, [new VerifyAnswer(VerifyVerdict.Held, 2)]));
        Assert.Equal([Fold.Target(2)], Only<PassEffect.SaveProgress>(answered).Progress.Receivers.ToArray());
        Assert.Empty(answered.OfType<PassEffect.Mark>());
        Assert.Equal(Name, Only<PassEffect.Mark>(pass.Step(new PassInput.ProgressSaved())).Name);

        var end = pass.Step(new PassInput.MarkEnded("a", Name, Ended(TransferOutcome.Verified)));
        Assert.Equal((2, PassStage.Reporting), (Only<PassEffect.ReportClean>(end).Progress.Epoch, pass.Status.Stage));
        Assert.Empty(pass.Step(new PassInput.ViewChanged(View(Moved))));
        Only<PassEffect.End>(pass.Step(new PassInput.ViewChanged(View(Moved.WithIntegers(1, 2, 2)))));
        Assert.True(pass.IsEnded);
    }

    [Fact]
    public void B9_nothing_to_verify_is_found_by_looking_not_assumed()
    {
        var pass = Verifying();
        Assert.Equal(PassStage.Verifying, pass.Status.Stage);
        Only<PassEffect.ReportClean>(pass.Step(Page("a", "z", end: true)));
    }

    [Fact]
    public void B9_missing_takes_back_the_walk_durably_before_it_revives_and_both_are_done_again()
    {
        var pass = Verifying();
        var ask = Only<PassEffect.AskBatch>(pass.Step(Page("a", "z", end: true, Handed(Name))));
        var answered = pass.Step(new PassInput.BatchAnswered(ask.Batch, [new VerifyAnswer(VerifyVerdict.Missing, 2)]));
        Assert.Equal(MountpathProgress.None, Only<PassEffect.SaveProgress>(answered).Progress.Mountpaths["a"]);
        Assert.Empty(answered.OfType<PassEffect.Mark>());
        Only<PassEffect.Mark>(pass.Step(new PassInput.ProgressSaved()));
        Assert.Equal(WalkKind.Live, Only<PassEffect.ReadPage>(pass.Step(new PassInput.MarkEnded("a", Name, Ended(TransferOutcome.Revived)))).Kind);
        pass.Step(new PassInput.ProgressSaved());
        Only<PassEffect.HandOff>(pass.Step(Page("a", "z", end: true, Live(Name))));
        Assert.Equal(WalkKind.UnverifiedLeftovers, Only<PassEffect.ReadPage>(pass.Step(new PassInput.HandOffEnded("a", Name, HandedOff))).Kind);
    }

    [Fact]
    public void B8_B9_leftovers_of_lost_receivers_and_of_own_names_are_revived_without_asking()
    {
        var lost = Verifying(Lose(Moved, 3, 2));
        var item = new WalkedRecord(Name, Leftover(Record(), receiver: 3));
        Assert.Empty(lost.Step(Page("a", "z", end: true, item)).OfType<PassEffect.AskBatch>());
        Assert.Null(Only<PassEffect.Mark>(lost.Step(new PassInput.ProgressSaved())).Answer);

        var own = Verifying(Back);
        var back = Back;
        Assert.Empty(own.Step(Page("a", "z", end: true, Handed(Fold.NameOwnedBy(back, (2, 2), (3, 1))))).OfType<PassEffect.AskBatch>());
        Only<PassEffect.Mark>(own.Step(new PassInput.ProgressSaved()));
    }

    [Fact]
    public void B9_an_unsure_answer_a_silent_owner_and_a_short_answer_block_the_end()
    {
        ImmutableArray<ImmutableArray<VerifyAnswer>> answers = [[new VerifyAnswer(VerifyVerdict.Unknown, 2, Broken)], []];
        foreach (var given in answers)
        {
            var pass = Verifying();
            var ask = Only<PassEffect.AskBatch>(pass.Step(Page("a", "z", end: true, Handed(Name))));
            Only<PassEffect.RetryLater>(pass.Step(new PassInput.BatchAnswered(ask.Batch, given)));
            Assert.Equal((PassStage.Blocked, Fold.Target(2)), (pass.Status.Stage, pass.Status.Errors[0].Other));
            pass.Step(new PassInput.ProgressSaved());
            Assert.Equal(WalkKind.UnverifiedLeftovers, Only<PassEffect.ReadPage>(pass.Step(new PassInput.Retry())).Kind);
        }
    }

    [Theory]
    [InlineData(TransferOutcome.AskAgain)]
    [InlineData(TransferOutcome.Changed)]
    public void B9_whatever_moved_during_the_verification_is_looked_at_again(TransferOutcome outcome)
    {
        var pass = Verifying();
        var ask = Only<PassEffect.AskBatch>(pass.Step(Page("a", "z", end: true, Handed(Name))));
        pass.Step(new PassInput.BatchAnswered(ask.Batch, [new VerifyAnswer(VerifyVerdict.Held, 2)]));
        pass.Step(new PassInput.ProgressSaved());
        Assert.Equal(WalkKind.UnverifiedLeftovers, Only<PassEffect.ReadPage>(pass.Step(new PassInput.MarkEnded("a", Name, Ended(outcome)))).Kind);
    }

    [Fact]
    public void B9_rounds_in_which_something_always_moves_are_not_repeated_at_full_speed()
    {
        var pass = Verifying();
        for (var round = 1; round <= DrainPass.DirtyRoundsAtOnce; round++)
        {
            var ask = Only<PassEffect.AskBatch>(pass.Step(Page("a", "z", end: true, Handed(Name))));
            pass.Step(new PassInput.BatchAnswered(ask.Batch, [new VerifyAnswer(VerifyVerdict.Held, 2)]));
            pass.Step(new PassInput.ProgressSaved());
            var next = pass.Step(new PassInput.MarkEnded("a", Name, Ended(TransferOutcome.AskAgain)));
            Assert.Equal(round < DrainPass.DirtyRoundsAtOnce ? 1 : 0, next.OfType<PassEffect.ReadPage>().Count());
        }

        Assert.Equal((PassStage.Blocked, 0), (pass.Status.Stage, pass.Status.ErrorCount));
        Only<PassEffect.ReadPage>(pass.Step(new PassInput.Retry()));
    }

    [Fact]
    public void B9_a_later_epoch_does_not_restart_a_pass_records_are_judged_by_it()
    {
        var pass = Walking();
        var later = Back;
        Assert.Empty(pass.Step(new PassInput.ViewChanged(View(later))));
        var mine = Fold.NameOwnedBy(later, (2, 2), (3, 1));
        Assert.Empty(pass.Step(Page("a", "z", end: false, Live(mine))).OfType<PassEffect.HandOff>());
        Assert.Equal(2, pass.Status.Epoch);
    }

    [Fact]
    public void B0_B9_a_pass_overtaken_by_an_automatic_advance_ends_without_effect()
    {
        var pass = Walking();
        Assert.IsType<PassEffect.End>(Assert.Single(pass.Step(new PassInput.ViewChanged(View(Moved.WithIntegers(1, 2, 2))))));
        Assert.Empty(pass.Step(Page("a", "z", end: true, Live(Name))));
    }

    [Fact]
    public void B9_a_pass_that_is_over_ends_when_nothing_of_it_is_under_way_any_more()
    {
        var pass = Walking();
        pass.Step(Page("a", "p", end: false, Live(Names[0])));
        Assert.Empty(pass.Step(new PassInput.ViewChanged(View(Moved.WithIntegers(1, 2, 2)))));
        Assert.Empty(pass.Step(new PassInput.Retry()));
        Only<PassEffect.End>(pass.Step(new PassInput.HandOffEnded("a", Names[0], HandedOff)));
    }

    [Fact]
    public void B9_a_pass_in_which_somebody_vouched_who_was_lost_since_is_over_and_not_taken_up_again()
    {
        var pass = Verifying();
        var ask = Only<PassEffect.AskBatch>(pass.Step(Page("a", "z", end: true, Handed(Name))));
        var vouched = Only<PassEffect.SaveProgress>(pass.Step(new PassInput.BatchAnswered(ask.Batch, [new VerifyAnswer(VerifyVerdict.Held, 2)]))).Progress;
        pass.Step(new PassInput.ProgressSaved());
        pass.Step(new PassInput.MarkEnded("a", Name, Ended(TransferOutcome.Verified)));
        Only<PassEffect.End>(pass.Step(new PassInput.ViewChanged(View(Lose(Moved, 2, 2)))));

        var later = Lose(Moved, 2, 2) with { AppliedIndex = Moved.AppliedIndex + 9 };
        var again = new DrainPass(["a"], vouched);
        again.Step(new PassInput.ViewChanged(View(later)));
        again.Step(new PassInput.WritesFinished());
        var begun = Only<PassEffect.SaveProgress>(again.Step(new PassInput.Flushed("a"))).Progress;
        Assert.Equal((later.AppliedIndex, 0, string.Empty), (begun.StartedIndex, begun.Receivers.Length, begun.Mountpaths["a"].Cursor));
    }

    [Fact]
    public void A20_who_vouched_in_a_pass_that_proved_nothing_is_in_the_proof_of_the_next_one()
    {
        var pass = Verifying();
        var ask = Only<PassEffect.AskBatch>(pass.Step(Page("a", "z", end: true, Handed(Name))));
        var vouched = Only<PassEffect.SaveProgress>(pass.Step(new PassInput.BatchAnswered(ask.Batch, [new VerifyAnswer(VerifyVerdict.Held, 2)]))).Progress;
        Assert.Equal([Fold.Target(2)], vouched.Receivers.ToArray());

        // Somebody else is lost, so that a pass which begins later is wanted; the leftover is verified already.
        var later = Lose(Moved, 3, 2);
        var again = new DrainPass(["a"], vouched);
        again.Step(new PassInput.ViewChanged(View(later)));
        again.Step(new PassInput.WritesFinished());
        var begun = Only<PassEffect.SaveProgress>(again.Step(new PassInput.Flushed("a"))).Progress;
        Assert.Equal(later.AppliedIndex, begun.StartedIndex);
        Assert.Equal([Fold.Target(2)], begun.Receivers.ToArray());
    }

    [Fact]
    public void A20_when_the_progress_is_lost_whoever_may_have_vouched_is_in_the_proof_and_the_walk_begins_anew()
    {
        // Target 3 has left placement and handed on all that it had: it need not be heard.
        var state = Fold.Serving(4).Move((3, AdminState.Draining)).WithIntegers(3, 2, 2).Move((1, AdminState.Draining));
        var pass = new DrainPass(["a"], null, isResumeLost: true);
        pass.Step(new PassInput.ViewChanged(View(state)));
        pass.Step(new PassInput.WritesFinished());
        var begun = Only<PassEffect.SaveProgress>(pass.Step(new PassInput.Flushed("a"))).Progress;
        Assert.Equal([Fold.Target(2), Fold.Target(4)], begun.Receivers.ToArray());
        Assert.Equal(MountpathProgress.None, begun.Mountpaths["a"]);

        // Before it is clean it may still be the only one that has what it took over.
        var dirty = new DrainPass(["a"], null, isResumeLost: true);
        dirty.Step(new PassInput.ViewChanged(View(Fold.Serving(4).Move((3, AdminState.Draining)).Move((1, AdminState.Draining)))));
        dirty.Step(new PassInput.WritesFinished());
        Assert.Contains(Fold.Target(3), Only<PassEffect.SaveProgress>(dirty.Step(new PassInput.Flushed("a"))).Progress.Receivers);
    }

    [Fact]
    public void B9_when_nobody_wants_it_any_more_a_pass_ends()
    {
        var pass = Walking();
        Only<PassEffect.End>(pass.Step(new PassInput.ViewChanged(View(Moved with { QuietThrough = 2 }))));
        Assert.False(DrainPass.IsWanted(View(Moved with { QuietThrough = 2 })));
        Assert.True(DrainPass.IsWanted(View(Moved)));
        Assert.False(DrainPass.IsWanted(View(Fold.Serving(3))));
    }

    [Fact]
    public void B10_a_missing_mountpath_keeps_the_pass_from_its_end()
    {
        var missing = Moved.Apply(Fold.Session(Fold.Target(1), start: 2, previous: 1) with { MountpathIds = ["target01-a"] });
        var pass = Verifying(missing);
        Only<PassEffect.RetryLater>(pass.Step(Page("a", "z", end: true)));
        Assert.Equal((PassStage.Blocked, "mountpaths"), (pass.Status.Stage, pass.Status.Errors[0].Subject));
    }

    [Fact]
    public void A_mountpath_that_cannot_be_flushed_is_tried_again_from_the_wait_for_writes()
    {
        var pass = new DrainPass(["a"], null);
        pass.Step(new PassInput.ViewChanged(View(Moved)));
        pass.Step(new PassInput.WritesFinished());
        Only<PassEffect.RetryLater>(pass.Step(new PassInput.Flushed("a", Broken)));
        Only<PassEffect.AwaitWrites>(pass.Step(new PassInput.Retry()));
    }

    [Fact]
    public void Progress_that_cannot_be_written_is_tried_again_and_nothing_relies_on_it_meanwhile()
    {
        var pass = Verifying();
        var ask = Only<PassEffect.AskBatch>(pass.Step(Page("a", "z", end: true, Handed(Name))));
        pass.Step(new PassInput.BatchAnswered(ask.Batch, [new VerifyAnswer(VerifyVerdict.Held, 2)]));
        var failed = pass.Step(new PassInput.ProgressSaved(Broken));
        Only<PassEffect.RetryLater>(failed);
        Assert.Empty(failed.OfType<PassEffect.SaveProgress>());
        Only<PassEffect.SaveProgress>(pass.Step(new PassInput.Retry()));
        Only<PassEffect.Mark>(pass.Step(new PassInput.ProgressSaved()));
    }

    [Fact]
    public void A_refused_report_is_repeated_after_another_round()
    {
        var pass = Verifying();
        Only<PassEffect.ReportClean>(pass.Step(Page("a", "z", end: true)));
        Only<PassEffect.RetryLater>(pass.Step(new PassInput.ReportRefused(new StoreError(ErrorCode.Conflict, "fenced below"))));
        pass.Step(new PassInput.Retry());
        pass.Step(new PassInput.ProgressSaved());
        Only<PassEffect.ReportClean>(pass.Step(Page("a", "z", end: true)));
    }
}
