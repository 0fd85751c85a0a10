using Starling.Core.Errors;
using Starling.Protocol.Objects;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;
using Starling.Tests.Protocol.State;
using Xunit;
using static Starling.Tests.Protocol.Objects.PlanScript;

namespace Starling.Tests.Protocol.Objects;

public class ListPlanTests
{
    private static readonly ClusterState Converged = Fold.Serving(3);

    /// <summary>Target 1 drains and is not clean; 2 and 3 are.</summary>
    private static readonly ClusterState Moved = Converged.Move((1, AdminState.Draining));

    private readonly ListPlan plan = new(Fold.Bucket(), 1, string.Empty, limit: 3);

    private static ListedRecord Item(string name, long epoch = 1) => new(name, Record(epoch));

    private static ListedRecord Deleted(string name, long epoch = 2) => new(name, Tombstone(epoch));

    private static ListEvent Says(ClusterState state, ListAction asked, int target, params ListedRecord[] records) => Says(state, asked, target, false, records);

    private static ListEvent Says(ClusterState state, ListAction asked, int target, bool cut, params ListedRecord[] records) =>
        new ListEvent.Answered(state, asked.Round, Fold.Target(target), new ListAnswer(ListAnswerKind.Records, [.. records], cut));

    private static ListAction Expect(ListAction action, ListActionKind kind)
    {
        Assert.True(action.Kind == kind, $"{action.Kind} ({action.Error}) instead of {kind}");
        return action;
    }

    private static ObjectView ViewOf(ClusterState state, int target) => new(state, Fold.Target(target), Fold.SessionOf(Fold.Target(target)), IsLeaseValid: true);

    private ListAction Start(ClusterState state) => Expect(plan.Next(new ListEvent.StateChanged(state)), ListActionKind.Ask);

    private static string Names(ListAction action) => string.Join(' ', action.Records.Select(r => r.Name));

    [Fact]
    public void B13_in_a_converged_cluster_only_the_owners_are_asked()
    {
        var ask = Start(Converged);
        Assert.Equal([Fold.Target(1), Fold.Target(2), Fold.Target(3)], ask.Nodes.ToArray());
        Assert.Equal((false, 1, 3), (ask.Question!.IsForeign, ask.Question.Epoch, ask.Question.Limit));
        Expect(plan.Next(Says(Converged, ask, 2, Item("b"))), ListActionKind.AwaitAnswers);
        Expect(plan.Next(Says(Converged, ask, 1, Item("a"), Item("c"))), ListActionKind.AwaitAnswers);
        var page = Expect(plan.Next(Says(Converged, ask, 3)), ListActionKind.Answer);
        Assert.Equal(("a b c", string.Empty, false), (Names(page), page.Continuation, page.IsPartial));
    }

    [Fact]
    public void B13_who_is_not_clean_is_asked_before_the_owners_the_greatest_key_wins_and_tombstones_hide()
    {
        var ask = Start(Moved);
        Assert.Equal([Fold.Target(1)], ask.Nodes.ToArray());
        Assert.True(ask.Question!.IsForeign);
        ask = Expect(plan.Next(Says(Moved, ask, 1, Item("deleted"), Item("moving"), Item("old"))), ListActionKind.Ask);
        Assert.Equal([Fold.Target(2), Fold.Target(3)], ask.Nodes.ToArray());
        plan.Next(Says(Moved, ask, 2, Deleted("deleted"), Item("new", 2)));
        var page = Expect(plan.Next(Says(Moved, ask, 3, Item("old", 2))), ListActionKind.Answer);
        Assert.Equal("moving new old", Names(page));
        Assert.Equal(2, page.Records[2].Record.Key.Epoch);
    }

    [Fact]
    public void B13_an_epoch_that_moved_meanwhile_asks_the_page_again()
    {
        var ask = Start(Converged);
        plan.Next(Says(Converged, ask, 1));
        plan.Next(Says(Converged, ask, 2));
        var again = Expect(plan.Next(Says(Moved, ask, 3, Item("x"))), ListActionKind.Ask);
        Assert.True(again.Question!.IsForeign);
        Expect(plan.Next(Says(Moved, ask, 1, Item("late"))), ListActionKind.AwaitAnswers);
    }

    [Fact]
    public void B13_a_target_with_a_newer_epoch_makes_the_listing_wait_for_it()
    {
        var ask = Start(Converged);
        var stale = new ListEvent.Answered(Converged, ask.Round, Fold.Target(1), new ListAnswer(ListAnswerKind.Stale, [], false));
        Expect(plan.Next(stale), ListActionKind.WaitForState);
        Expect(plan.Next(Says(Converged, ask, 2, Item("x"))), ListActionKind.AwaitAnswers);
        Expect(plan.Next(new ListEvent.StateChanged(Moved)), ListActionKind.Ask);
        Expect(plan.Next(new ListEvent.DeadlinePassed(Moved)), ListActionKind.Refuse);
    }

    [Fact]
    public void B13_one_that_matters_is_silent_503_or_a_page_that_is_marked()
    {
        var ask = Start(Moved);
        var silent = new ListEvent.Answered(Moved, ask.Round, Fold.Target(1), ListAnswer.Silent);
        var refused = Expect(plan.Next(silent), ListActionKind.Refuse);
        Assert.Equal(ErrorCode.Unreachable, refused.Error!.Code);
        Assert.Contains("target01", refused.Error.Message, StringComparison.Ordinal);

        var tolerant = new ListPlan(Fold.Bucket(), 1, string.Empty, 3, allowsPartial: true);
        ask = tolerant.Next(new ListEvent.StateChanged(Moved));
        ask = Expect(tolerant.Next(new ListEvent.Answered(Moved, ask.Round, Fold.Target(1), ListAnswer.Silent)), ListActionKind.Ask);
        tolerant.Next(Says(Moved, ask, 2, Item("a")));
        Assert.True(Expect(tolerant.Next(Says(Moved, ask, 3)), ListActionKind.Answer).IsPartial);
    }

    [Fact]
    public void B13_an_absent_target_that_is_not_clean_is_asked_as_well()
    {
        Assert.Contains(Fold.Target(1), Start(Converged.Move((1, AdminState.Out))).Nodes);
    }

    [Fact]
    public void A_page_ends_where_the_first_cut_answer_ends_and_the_rest_is_asked_for()
    {
        var ask = Start(Converged);
        plan.Next(Says(Converged, ask, 1, true, Item("a"), Deleted("b"), Deleted("c")));
        plan.Next(Says(Converged, ask, 2, Item("d")));
        ask = Expect(plan.Next(Says(Converged, ask, 3)), ListActionKind.Ask);
        Assert.Equal("c", ask.Question!.After);
        plan.Next(Says(Converged, ask, 1, Item("e")));
        plan.Next(Says(Converged, ask, 2, Item("d")));
        var page = Expect(plan.Next(Says(Converged, ask, 3, Item("f"), Item("g"))), ListActionKind.Answer);
        Assert.Equal(("a d e", "e"), (Names(page), page.Continuation));
    }

    [Fact]
    public void A_page_that_only_tombstones_fill_is_answered_short_after_some_rounds()
    {
        var action = Start(Fold.Serving(1));
        for (var round = 0; round < ListPlan.MaxRounds; round++)
        {
            Expect(action, ListActionKind.Ask);
            action = plan.Next(Says(Fold.Serving(1), action, 1, true, Deleted($"t-{round:d2}")));
        }

        Assert.Equal((0, "t-15"), (Expect(action, ListActionKind.Answer).Records.Length, action.Continuation));
    }

    [Fact]
    public void A_cut_answer_without_a_record_says_nothing()
    {
        var ask = Start(Converged);
        Expect(plan.Next(Says(Converged, ask, 1, true)), ListActionKind.Refuse);
    }

    [Fact]
    public void B12_records_of_an_earlier_bucket_of_the_name_are_not_listed()
    {
        var ask = Start(Fold.Serving(1));
        Assert.Empty(plan.Next(Says(Fold.Serving(1), ask, 1, new ListedRecord("a", Record(bucketId: 7)))).Records);
        Expect(new ListPlan(Fold.Bucket(), 1, string.Empty, 3).Next(new ListEvent.StateChanged(Converged.Apply(new DestroyBucket(Fold.Bucket(), 1)))), ListActionKind.Refuse);
        Expect(new ListPlan(Fold.Bucket(), 2, string.Empty, 3).Next(new ListEvent.StateChanged(Converged)), ListActionKind.WaitForState);
    }

    [Fact]
    public void Names_are_ordered_by_their_bytes()
    {
        string[] names = ["a", "a/b", "ab", "\u00e9", "\ud7ff", "\ue000", "\uffee", "\U0001F600", "\U0001F600x", "\U0001F601"];
        for (var i = 0; i < names.Length; i++)
        {
            for (var j = 0; j < names.Length; j++)
            {
                Assert.Equal(Math.Sign(i.CompareTo(j)), Math.Sign(Utf8Order.Instance.Compare(names[i], names[j])));
            }
        }
    }

    [Fact]
    public void B13_a_loss_that_is_declared_between_the_steps_makes_the_page_be_asked_again()
    {
        // Target 1 has handed "moved" to target 2 and shows no leftover; 2 loses it, and answers when that is declared: only now 1 shows it again.
        var lost = Rebalance.TransferScript.Lose(Moved, 2, Moved.Newest.Number);
        var ask = Start(Moved);
        ask = Expect(plan.Next(Says(Moved, ask, 1, Item("other"))), ListActionKind.Ask);
        Assert.Equal(ListAnswerKind.Stale, NeighborRules.RefuseListing(ViewOf(lost, 2), ask.Question!)?.Kind);
        plan.Next(Says(Moved, ask, 3));
        Expect(plan.Next(new ListEvent.Answered(Moved, ask.Round, Fold.Target(2), ListAnswer.Stale)), ListActionKind.WaitForState);
        ask = Start(lost);
        Assert.Null(NeighborRules.RefuseListing(ViewOf(lost, 1), ask.Question!));
        ask = Expect(plan.Next(Says(lost, ask, 1, Item("moved"), Item("other"))), ListActionKind.Ask);
        Assert.Null(NeighborRules.RefuseListing(ViewOf(lost, 2), ask.Question!));
        plan.Next(Says(lost, ask, 2));
        var page = Expect(plan.Next(Says(lost, ask, 3)), ListActionKind.Answer);
        Assert.Equal("moved other", Names(page));
    }

    [Fact]
    public void B13_the_lister_itself_applies_the_loss_between_the_steps()
    {
        var lost = Rebalance.TransferScript.Lose(Moved, 2, Moved.Newest.Number);
        var ask = Start(Moved);
        ask = Expect(plan.Next(Says(Moved, ask, 1)), ListActionKind.Ask);
        plan.Next(Says(Moved, ask, 2));
        Assert.True(Expect(plan.Next(Says(lost, ask, 3)), ListActionKind.Ask).Question!.IsForeign);
    }

    [Fact]
    public void B13_who_is_behind_the_question_or_misses_a_disk_does_not_answer_with_records()
    {
        var question = new ListQuestion(false, Moved.Newest.Number, Moved.AppliedIndex, string.Empty, 3);
        Assert.Equal(ListAnswerKind.Silent, NeighborRules.RefuseListing(ViewOf(Converged, 2), question)?.Kind);
        Assert.Equal(ListAnswerKind.Silent, NeighborRules.RefuseListing(ViewOf(Moved, 2), question with { AppliedIndex = Moved.AppliedIndex + 1 })?.Kind);
        Assert.Equal(ListAnswerKind.Stale, NeighborRules.RefuseListing(ViewOf(Moved, 2), question with { Epoch = 1 })?.Kind);
        Assert.Equal(ListAnswerKind.Silent, NeighborRules.RefuseListing(ViewOf(Moved with { Nodes = Moved.Nodes.SetItem(Fold.Target(2), Moved.Node(Fold.Target(2))! with { LostMountpathIds = ["m"] }) }, 2), question)?.Kind);
        Assert.Null(NeighborRules.RefuseListing(ViewOf(Moved, 2), question));
    }
}
