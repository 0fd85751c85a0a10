using System.Collections.Immutable;
using System.IO.Pipelines;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Codec;
using Starling.Protocol.Objects;
using Starling.Protocol.Rebalance;
using Starling.Protocol.State;
using Starling.Storage.Objects;
using Starling.Target.Objects;
using Starling.Target.Rebalance;
using ObjectReader = Starling.Storage.Objects.ObjectReader;

namespace Starling.Target.Neighbors;

/// <summary>
/// Answers what other targets ask (rules B2, B7, B8, B9): reads the message, checks who sent it, runs the plan, writes the answer. Decides nothing.
/// A question waits for the state that its asker has seen for as long as the asker waits for it, at most <see cref="LookWithin"/> or <see cref="ReceiveWithin"/>.
/// </summary>
public sealed class NeighborService
{
    /// <summary>A question for one name, or a batch of them, is answered within this time.</summary>
    public static readonly TimeSpan LookWithin = TimeSpan.FromSeconds(4);

    /// <summary>A small record is received within this time; a larger one has as long as its sender waits.</summary>
    public static readonly TimeSpan ReceiveWithin = TimeSpan.FromSeconds(20);

    private const int MaxReceivesAtOnce = 16;

    private readonly TargetNode node;
    private readonly ObjectWriter writer;
    private readonly ForwardMemory forwards = new();

    /// <summary>Makes the service.</summary>
    public NeighborService(TargetNode node, ObjectWriter writer)
    {
        this.node = node;
        this.writer = writer;
    }

    /// <summary>Largest message, bytes; longer ones are refused before they are read.</summary>
    public static int MaxMessageBytes => NeighborCodec.MaxMessageBytes;

    /// <summary>Answers a question for one name.</summary>
    public Task<NeighborReply> LookAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken) => AnswerAsync(
        () => NeighborCodec.ReadLook(message.Span),
        async (mark, question) => NeighborCodec.LookAnswer(AnswerTo(mark), await LookAsync(question, Within(mark, LookWithin), cancellationToken)));

    /// <summary>Answers a batch of leftovers, item by item.</summary>
    public Task<NeighborReply> VerifyAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken) => AnswerAsync(
        () => NeighborCodec.ReadVerify(message.Span),
        async (mark, question) => NeighborCodec.VerifyAnswer(AnswerTo(mark), await VerifyAsync(question, Within(mark, LookWithin), cancellationToken)));

    /// <summary>Receives records. An answer of "held" means that the record, or a greater one, is flushed here, file and directory.</summary>
    public Task<NeighborReply> PushAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken) => AnswerAsync(
        () => NeighborCodec.ReadPush(message),
        async (mark, items) => NeighborCodec.PushAnswer(AnswerTo(mark), await ReceiveAsync(mark, items, cancellationToken)));

    /// <summary>Opens the bytes of a record.</summary>
    public async Task<ContentReply> OpenAsync(ReadOnlyMemory<byte> message, CancellationToken cancellationToken)
    {
        ObjectReader? opened = null;
        ContentQuestion? asked = null;
        var reply = await AnswerAsync(
            () => NeighborCodec.ReadContent(message.Span),
            async (mark, question) =>
            {
                asked = question;
                StoreError? error = null;
                try
                {
                    using (await node.Locks.LockSharedAsync(question.Name.Digest, Within(mark, LookWithin), cancellationToken))
                    {
                        opened = RecordContent.Open(node.Store, question.Name, question.Key);
                    }
                }
                catch (StoreException unreadable)
                {
                    error = unreadable.Error;
                }
                catch (TimeoutException late)
                {
                    error = new StoreError(ErrorCode.Unavailable, late.Message, 1000);
                }

                if (opened is not null && (question.Offset > opened.SizeBytes || question.LengthBytes > opened.SizeBytes - question.Offset))
                {
                    error = new StoreError(ErrorCode.RangeNotSatisfiable, $"{question.Name.Cname} has {opened.SizeBytes} bytes");
                }

                error ??= opened is null ? new StoreError(ErrorCode.ObjectNotFound, $"{question.Name.Cname}: the record of key {question.Key} is not here any more") : null;
                if (error is not null)
                {
                    opened?.Dispose();
                    opened = null;
                }

                return NeighborCodec.ContentAnswer(AnswerTo(mark), opened?.Record, error);
            });
        return new ContentReply
        {
            Reply = reply,
            Content = opened,
            Offset = asked?.Offset ?? 0,
            LengthBytes = opened is null ? 0 : asked!.LengthBytes < 0 ? opened.SizeBytes - asked.Offset : asked.LengthBytes,
        };
    }

    /// <summary>Carries out a put that moved with its name; one that comes again is answered and not committed again.</summary>
    public Task<NeighborReply> ForwardAsync(ReadOnlyMemory<byte> message, PipeReader body, CancellationToken cancellationToken) => AnswerAsync(
        () => NeighborCodec.ReadForward(message.Span),
        async (mark, put) =>
        {
            var key = new ForwardKey(put.RequestId, put.Name.Uname, put.BucketId, put.SizeBytes, put.ChecksumValue);
            var answer = await forwards.RunAsync(key, () => PutAsync(mark, put, body, cancellationToken));
            return NeighborCodec.ForwardAnswer(AnswerTo(mark), answer);
        });

    private static TimeSpan Within(NeighborMark mark, TimeSpan atMost)
    {
        // A little less than the asker waits: an answer that says what was waited for is better than none.
        var asked = TimeSpan.FromMilliseconds(mark.WithinMs * 0.9);
        return asked < atMost ? asked : atMost;
    }

    private NeighborMark AnswerTo(NeighborMark asker) => NeighborMark.Of(node.View.Current, asker.From);

    private async Task<NeighborReply> AnswerAsync<T>(Func<(NeighborMark Mark, T Question)> read, Func<NeighborMark, T, Task<byte[]>> answer)
    {
        NeighborMark mark;
        T question;
        try
        {
            (mark, question) = read();
        }
        catch (CodecException error)
        {
            return new NeighborReply([], NeighborRefusal.Malformed, error.Message);
        }

        return mark.Fault(node.View.Current) is { } fault
            ? new NeighborReply([], NeighborRefusal.Stranger, fault.Message)
            : new NeighborReply(await answer(mark, question));
    }

    private async Task<NeighborLook> LookAsync(LookQuestion question, TimeSpan within, CancellationToken cancellationToken)
    {
        // What the plan found may be replaced before its attributes are read: then the plan looks again.
        for (var attempt = 0; attempt < 3; attempt++)
        {
            var end = await TransferRun.RunAsync(node, question.Name, question.BucketId, new LookPlan(question), TransferPort.None, within, cancellationToken);
            var answer = end.LookAnswer!;
            if (answer.Record is not { } head)
            {
                return new NeighborLook(answer, null, end.Error);
            }

            try
            {
                if (RecordContent.Find(node.Store, question.Name, head.Key) is { } record)
                {
                    return new NeighborLook(answer, record);
                }
            }
            catch (StoreException unreadable)
            {
                return NeighborLook.Unknown(unreadable.Error);
            }
        }

        return NeighborLook.Unknown(new StoreError(ErrorCode.Unavailable, $"{question.Name.Cname} changes faster than it can be looked at", 1000));
    }

    private async Task<ImmutableArray<VerifyAnswer>> VerifyAsync(VerifyQuestion question, TimeSpan within, CancellationToken cancellationToken)
    {
        var answers = new VerifyAnswer[question.Items.Length];
        await Parallel.ForAsync(0, answers.Length, new ParallelOptions { MaxDegreeOfParallelism = MaxReceivesAtOnce, CancellationToken = cancellationToken }, async (at, cancel) =>
        {
            var item = question.Items[at];
            var plan = new VerifyItemPlan(item, question.Epoch, question.AppliedIndex);
            answers[at] = (await TransferRun.RunAsync(node, item.Name, item.Key.BucketId, plan, TransferPort.None, within, cancel)).VerifyAnswer!;
        });
        return [.. answers];
    }

    private async Task<IReadOnlyList<PushAnswer>> ReceiveAsync(NeighborMark mark, List<PushItem> items, CancellationToken cancellationToken)
    {
        var answers = new PushAnswer[items.Count];
        await Parallel.ForAsync(0, answers.Length, new ParallelOptions { MaxDegreeOfParallelism = MaxReceivesAtOnce, CancellationToken = cancellationToken }, async (at, cancel) =>
        {
            var (offer, record, inline) = items[at];
            IPushedContent content = inline is { } bytes
                ? new InlineContent(record, bytes)
                : new FetchedContent(node.Neighbors, mark.From, new ContentQuestion(offer.Name, record.Key, offer.Epoch, offer.AppliedIndex), record);
            var port = new TransferPort { From = mark.From, Pushed = record, CopyBytes = content.CopyToAsync };
            var within = inline is null ? Within(mark, TimeSpan.MaxValue) : Within(mark, ReceiveWithin);
            answers[at] = (await TransferRun.RunAsync(node, offer.Name, record.Key.BucketId, new ReceivePlan(offer), port, within, cancel)).Answer!;
        });
        return answers;
    }

    private async Task<ForwardAnswer> PutAsync(NeighborMark mark, ForwardedPut put, PipeReader body, CancellationToken cancellationToken)
    {
        try
        {
            var bucket = await BucketAsync(put, Within(mark, LookWithin), cancellationToken);
            var owner = node.View.Current.State.Newest.OwnerOf(put.Name.Digest);
            if (owner != node.View.Current.Self.Id)
            {
                return new ForwardAnswer(null, NotOwner(put, owner));
            }

            var result = await writer.PutAsync(new PutRequest
            {
                Name = put.Name,
                Bucket = bucket,
                Custom = put.Custom,
                ChecksumType = put.ChecksumType,
                ChecksumValue = put.ChecksumValue,
                SizeBytes = put.SizeBytes,
                Conditions = put.Conditions,
                SkipVersionCheck = !put.MayStayUnchanged,
                RequestId = put.RequestId,
                FollowsTheName = false,
            }, body, cancellationToken);
            return result.Record is { } record ? new ForwardAnswer(record, null) : new ForwardAnswer(null, NotOwner(put, result.Owner));
        }
        catch (StoreException error)
        {
            return new ForwardAnswer(null, error.Error);
        }
    }

    /// <summary>The bucket that the put is meant for, by its id: one that was destroyed and made again is another one.</summary>
    private async Task<BucketEntry> BucketAsync(ForwardedPut put, TimeSpan within, CancellationToken cancellationToken)
    {
        var seen = await node.View.WaitForAsync(
            snapshot => snapshot.AppliedIndex >= put.AppliedIndex && snapshot.Epoch >= put.Epoch, $"log index {put.AppliedIndex}, epoch {put.Epoch}, which the sender has seen", within, cancellationToken);
        return seen.State.FindBucket(put.Name.Bucket) is { } bucket && bucket.Id == put.BucketId
            ? bucket
            : throw new StoreException(ErrorCode.BucketNotFound, $"bucket \"{put.Name.Bucket.Cname}\" does not exist");
    }

    private StoreError NotOwner(ForwardedPut put, NodeId owner) =>
        new(ErrorCode.NotOwner, $"{put.Name.Cname} belongs to t[{owner}] as of epoch {node.View.Current.Epoch}", 1000);
}
