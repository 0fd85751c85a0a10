using System.Collections.Immutable;
using System.Text;
using Starling.Cluster.Listing;
using Starling.Cluster.Views;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Protocol.Objects;

namespace Starling.Gateway.Listing;

/// <summary>Carries out a <see cref="ListPlan"/>: one page while names may move (rule B13). Nothing is kept between pages.</summary>
internal sealed class MovingList(IClusterView view, IListParts parts)
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(30);

    private readonly Dictionary<(string Name, RecordKey Key), ListEntry> shown = [];

    public async Task<ListPage> PageAsync(ListQuery query, ulong bucketId, string uuid, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Within);
        var plan = new ListPlan(query.Bucket, bucketId, query.Token, query.PageSize, query.AllowPartial);
        var state = view.Current.State;
        var action = plan.Next(new ListEvent.StateChanged(state));
        while (!action.IsEnd)
        {
            try
            {
                if (action.Kind == ListActionKind.Ask)
                {
                    action = await AskAsync(plan, action, query, uuid, bucketId, deadline.Token);
                    continue;
                }

                var seen = state.AppliedIndex;
                state = (await view.WaitForAsync(now => now.AppliedIndex > seen, "newer state", Within, deadline.Token)).State;
                action = plan.Next(new ListEvent.StateChanged(state));
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                action = plan.Next(new ListEvent.DeadlinePassed(view.Current.State));
            }
            catch (StoreException late) when (late.Error.Code == ErrorCode.Unavailable)
            {
                action = plan.Next(new ListEvent.DeadlinePassed(view.Current.State));
            }
        }

        return action.Kind == ListActionKind.Refuse ? throw new StoreException(action.Error!) : Page(action, query, uuid);
    }

    private async Task<ListAction> AskAsync(ListPlan plan, ListAction ask, ListQuery query, string uuid, ulong bucketId, CancellationToken cancellationToken)
    {
        var next = new ListAction(ListActionKind.AwaitAnswers);
        using var settled = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            var asked = ask.Nodes.Select(target => AskOneAsync(target, ask.Question!, query, uuid, settled.Token)).ToArray();
            await foreach (var done in Task.WhenEach(asked).WithCancellation(cancellationToken))
            {
                var (target, frame) = await done;
                next = plan.Next(new ListEvent.Answered(view.Current.State, ask.Round, target, Answer(frame, bucketId)));
                if (next.Kind != ListActionKind.AwaitAnswers)
                {
                    return next;
                }
            }
        }
        finally
        {
            await settled.CancelAsync();
        }

        return next;
    }

    private async Task<(NodeId Target, ListFrame? Frame)> AskOneAsync(NodeId target, ListQuestion question, ListQuery query, string uuid, CancellationToken settled)
    {
        try
        {
            return (target, await parts.FetchAsync(target, new ListPart
            {
                Bucket = query.Bucket,
                Cursor = uuid,
                Prefix = query.Prefix,
                After = question.After,
                Limit = Math.Min(question.Limit, ListFrame.MaxEntries),
                WithSizes = query.WithSizes,
                WithAttributes = query.WithAttributes,
                OneLevel = query.OneLevel,
                NoDirectories = query.NoDirectories,
                SeenIndex = question.AppliedIndex,
                Epoch = question.Epoch,
                IsMoving = true,
                IsForeign = question.IsForeign,
            }, settled));
        }
        catch (StoreException error) when (error.Error.Code is ErrorCode.Unreachable or ErrorCode.Unavailable or ErrorCode.BucketNotFound or ErrorCode.Corrupt or ErrorCode.NodeNotFound)
        {
            return (target, null);
        }
    }

    private ListAnswer Answer(ListFrame? frame, ulong bucketId)
    {
        if (frame is null)
        {
            return ListAnswer.Silent;
        }

        var records = ImmutableArray.CreateBuilder<ListedRecord>(frame.Entries.Count);
        foreach (var entry in frame.Entries)
        {
            // A virtual directory is no record: it is there when anybody says so.
            var key = entry.Key?.Key ?? new RecordKey(bucketId, long.MaxValue, 0, 0);
            var name = Encoding.UTF8.GetString(entry.Name.Span);
            shown[(name, key)] = entry;
            records.Add(new ListedRecord(name, new RecordHead(key, entry.Key is { IsTombstone: true }, Math.Max(0, entry.SizeBytes), string.Empty, string.Empty, 0)));
        }

        return new ListAnswer(frame.IsStale ? ListAnswerKind.Stale : ListAnswerKind.Records, records.DrainToImmutable(), IsTruncated: !frame.IsEnd);
    }

    private ListPage Page(in ListAction page, ListQuery query, string uuid)
    {
        var entries = page.Records.Select(listed => shown[(listed.Name, listed.Record.Key)] with { Key = null }).ToArray();

        // A full page always carries a token, even when nothing follows.
        var token = page.Continuation.Length == 0 && entries.Length == query.PageSize ? page.Records[^1].Name : page.Continuation;
        return new ListPage(uuid, token, entries, page.IsPartial);
    }
}
