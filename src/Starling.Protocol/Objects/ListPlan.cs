using System.Collections.Immutable;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.State;

namespace Starling.Protocol.Objects;

/// <summary>
/// One page of a listing while names may move (rule B13): at one epoch, first everybody who is not clean for what lies there and belongs elsewhere, then the
/// owners. A name that moves in between is seen with its owner, who has it before the other one lets go. In a converged cluster the first step is empty.
/// </summary>
/// <param name="bucket">The bucket.</param>
/// <param name="bucketId">Its id, resolved when the request came in.</param>
/// <param name="after">Names greater than this one; empty: from the beginning.</param>
/// <param name="limit">How many objects the page may have, at least 1.</param>
/// <param name="allowsPartial">The client takes a page without those who are silent.</param>
public sealed class ListPlan(BucketName bucket, ulong bucketId, string after, int limit, bool allowsPartial = false)
{
    /// <summary>So often more is asked for when tombstones left a page short; then it is answered as it is.</summary>
    public const int MaxRounds = 16;

    private readonly SortedDictionary<string, RecordHead> greatest = new(Utf8Order.Instance);
    private readonly List<ListedRecord> page = [];
    private ClusterState? state;
    private ImmutableArray<NodeId> asked = [];
    private SortedSet<NodeId> answered = [];
    private bool isForeignStep;
    private string from = string.Empty;
    private string? horizon;
    private int round;
    private int rounds;
    private bool isPartial;
    private string waitsFor = "no target answered";

    /// <summary>Takes what happened, says what to do next.</summary>
    public ListAction Next(ListEvent happened)
    {
        ArgumentNullException.ThrowIfNull(happened);
        return happened switch
        {
            ListEvent.StateChanged => Begin(happened.State),
            ListEvent.Answered answer => AfterAnswer(answer),
            _ => Refuse(new StoreError(ErrorCode.Unavailable, $"{bucket.Cname}: the listing was not answered before the deadline: {waitsFor}", PlanChecks.RetryAfterMs)),
        };
    }

    private ListAction Begin(ClusterState now)
    {
        state = now;
        page.Clear();
        from = after;
        isPartial = false;
        rounds = 0;
        if (now.FindBucket(bucket)?.Id != bucketId)
        {
            return bucketId >= now.NextBucketId
                ? new ListAction(ListActionKind.WaitForState)
                : Refuse(new StoreError(ErrorCode.BucketNotFound, $"bucket \"{bucket.Cname}\" does not exist"));
        }

        return now.Newest.Targets.IsEmpty ? Refuse(PlanChecks.Unavailable("no storage targets are in")) : BeginRound();
    }

    private ListAction BeginRound()
    {
        greatest.Clear();
        horizon = null;
        rounds++;
        var foreign = state!.Nodes.Values.Where(n => n.HoldsIntegers && n.Clean < state.Newest.Number).Select(n => n.Id).ToImmutableArray();
        return foreign.IsEmpty ? Ask(state.Newest.Targets, isForeign: false) : Ask(foreign, isForeign: true);
    }

    private ListAction Ask(ImmutableArray<NodeId> nodes, bool isForeign)
    {
        asked = nodes;
        answered = [];
        isForeignStep = isForeign;
        waitsFor = $"waits for {string.Join(", ", nodes)}";
        return new ListAction(ListActionKind.Ask)
        {
            Nodes = nodes,
            Round = ++round,
            Question = new ListQuestion(isForeign, state!.Newest.Number, state.AppliedIndex, from, limit),
        };
    }

    private ListAction AfterAnswer(ListEvent.Answered answer)
    {
        if (answer.Round != round || state is null || !asked.Contains(answer.Node) || !answered.Add(answer.Node))
        {
            return new ListAction(ListActionKind.AwaitAnswers);
        }

        var isEmptyCut = answer.Answer is { IsTruncated: true, Records.IsEmpty: true };
        switch (isEmptyCut ? ListAnswerKind.Silent : answer.Answer.Kind)
        {
            case ListAnswerKind.Stale:
                round++;
                waitsFor = $"{answer.Node} has adopted a newer epoch, or applied a declared loss";
                return HasMoved(answer.State) ? Begin(answer.State) : new ListAction(ListActionKind.WaitForState);
            case ListAnswerKind.Silent when !allowsPartial:
                return Refuse(new StoreError(ErrorCode.Unreachable, $"{bucket.Cname}: {answer.Node} holds part of it and cannot say", PlanChecks.RetryAfterMs));
            case ListAnswerKind.Silent:
                isPartial = true;
                break;
            default:
                Merge(answer.Answer);
                break;
        }

        waitsFor = $"waits for {string.Join(", ", asked.Where(id => !answered.Contains(id)))}";
        if (answered.Count < asked.Length)
        {
            return new ListAction(ListActionKind.AwaitAnswers);
        }

        if (isForeignStep)
        {
            return Ask(state.Newest.Targets, isForeign: false);
        }

        // The owners answered under this epoch; when another one is here already, somebody may have handed over what he was not asked for.
        return HasMoved(answer.State) ? Begin(answer.State) : EndRound();
    }

    // A declared loss brings leftovers back to life with those that were asked when they were none; only together the steps of a page see every record.
    private bool HasMoved(ClusterState now) => now.Newest.Number != state!.Newest.Number || !ReferenceEquals(now.Losses, state.Losses);

    private void Merge(ListAnswer answer)
    {
        foreach (var listed in answer.Records)
        {
            if (listed.Record.Key.BucketId == bucketId && (!greatest.TryGetValue(listed.Name, out var known) || listed.Record.Key > known.Key))
            {
                greatest[listed.Name] = listed.Record;
            }
        }

        // Behind the last name of a page that was cut, this target may have more: the others' names there must wait.
        if (answer.IsTruncated && (horizon is null || Utf8Order.Instance.Compare(answer.Records[^1].Name, horizon) < 0))
        {
            horizon = answer.Records[^1].Name;
        }
    }

    private ListAction EndRound()
    {
        foreach (var (name, record) in greatest)
        {
            if (horizon is not null && Utf8Order.Instance.Compare(name, horizon) > 0)
            {
                break;
            }

            if (record.IsTombstone)
            {
                continue;
            }

            if (page.Count == limit)
            {
                return Answer(page[^1].Name);
            }

            page.Add(new ListedRecord(name, record));
        }

        if (horizon is null)
        {
            return Answer(string.Empty);
        }

        from = horizon;
        return page.Count == limit || rounds == MaxRounds ? Answer(horizon) : BeginRound();
    }

    private ListAction Answer(string continuation) =>
        new(ListActionKind.Answer) { Records = [.. page], Continuation = continuation, IsPartial = isPartial };

    private static ListAction Refuse(StoreError error) => new(ListActionKind.Refuse) { Error = error };
}
