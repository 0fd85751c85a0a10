using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using Starling.Cluster.Peers;
using Starling.Cluster.Views;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Codec;
using Starling.Protocol.Rebalance;
using Starling.Storage.Objects;
using Starling.Target.Objects;

namespace Starling.Target.Neighbors;

/// <summary>Asks other targets over the data network.</summary>
public sealed class DataNeighbors : INeighbors, IDisposable
{
    private const int MaxAnswerBytes = 2 << 20;
    private const int MaxRefusalChars = 300;

    /// <summary>Requests under way to one receiver, for each of <c>rebalance.bundle_multiplier</c>.</summary>
    private const int RequestsPerStream = 2;

    private readonly PeerClient peers;
    private readonly IClusterView view;
    private readonly ObjectStore store;
    private readonly NeighborMeter meter;
    private readonly ConcurrentDictionary<NodeId, PushLane> lanes = new();

    /// <summary>Makes it.</summary>
    /// <param name="peers">Carries the requests: secret, cluster, pooled connections.</param>
    /// <param name="view">Where marks come from.</param>
    /// <param name="store">Where offered records lie.</param>
    /// <param name="meter">Counts.</param>
    public DataNeighbors(PeerClient peers, IClusterView view, ObjectStore store, NeighborMeter meter)
    {
        this.peers = peers;
        this.view = view;
        this.store = store;
        this.meter = meter;
    }

    /// <inheritdoc/>
    public async Task<NeighborLook> LookAsync(NodeId candidate, LookQuestion question, TimeSpan within, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(question);
        var (answer, error) = await AskAsync(
            "look", candidate, NeighborPaths.Look, NeighborCodec.Look(Mark(candidate, within), question), within, bytes => NeighborCodec.ReadLookAnswer(bytes), cancellationToken);
        return answer ?? NeighborLook.Unknown(error!);
    }

    /// <inheritdoc/>
    public async Task<VerifyReply> VerifyAsync(NodeId owner, VerifyQuestion question, TimeSpan within, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(question);
        var (answers, error) = await AskAsync(
            "verify",
            owner,
            NeighborPaths.Verify,
            NeighborCodec.Verify(Mark(owner, within), question),
            within,
            bytes =>
            {
                var (mark, given) = NeighborCodec.ReadVerifyAnswer(bytes);
                return (mark, new VerifyReply(given));
            },
            cancellationToken);
        return answers is null ? new VerifyReply([], error)
            : answers.Answers.Length != question.Items.Length ? new VerifyReply([], Malformed(owner, $"{answers.Answers.Length} answers to {question.Items.Length} questions"))
            : answers;
    }

    /// <inheritdoc/>
    public async Task<PushAnswer> PushAsync(NodeId receiver, PushRequest offer, TimeSpan within, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(offer);
        PushAnswer answer;
        var lane = LaneOf(receiver);
        var isSmall = !offer.Record.IsTombstone && offer.Record.SizeBytes <= PushLane.MaxInlineBytes;
        var wentAlong = false;
        try
        {
            answer = await lane.PushAsync(
                async cancel =>
                {
                    var item = await PrepareAsync(offer, isSmall && lane.Guess.GoesAlong(offer.Epoch), cancel);
                    wentAlong = item?.Content is not null;
                    return item;
                },
                offer,
                within,
                cancellationToken);
        }
        catch (StoreException unreadable)
        {
            answer = Refused(unreadable.Error);
        }

        meter.Offered(answer.Kind switch
        {
            PushAnswerKind.Held => "held",
            PushAnswerKind.Obsolete => "obsolete",
            PushAnswerKind.Stale => "stale",
            _ => "refused",
        });
        if (isSmall && answer.Kind == PushAnswerKind.Held)
        {
            lane.Guess.Learn(offer.Epoch, answer.IsTaken);
        }

        return wentAlong ? answer with { IsTaken = true } : answer;
    }

    /// <inheritdoc/>
    public async Task<NeighborOpen> OpenAsync(NodeId holder, ContentQuestion question, TimeSpan within, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(question);
        var started = Stopwatch.GetTimestamp();
        var body = new ByteArrayContent(NeighborCodec.Content(Mark(holder, within), question));
        var (response, error) = await SendAsync("content", holder, NeighborPaths.Content, body, string.Empty, within, started, cancellationToken);
        if (response is null)
        {
            return new NeighborOpen(null, error);
        }

        var opened = await ReadContentAsync(holder, question, response, cancellationToken);
        if (!opened.IsOpen)
        {
            response.Dispose();
        }

        return opened;
    }

    /// <inheritdoc/>
    public async Task<ForwardAnswer> ForwardAsync(NodeId owner, ForwardedPut put, Stream body, TimeSpan within, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(put);
        ArgumentNullException.ThrowIfNull(body);
        var message = Convert.ToBase64String(NeighborCodec.Forward(Mark(owner, within), put));
        using var content = new SentOnce(body, put.SizeBytes);
        var (response, error) = await SendAsync("forward", owner, NeighborPaths.Forward, content, message, within, Stopwatch.GetTimestamp(), cancellationToken);
        using (response)
        {
            if (response is null)
            {
                return new ForwardAnswer(null, content.HasBegun && error!.Code == ErrorCode.Unreachable ? Lost(put, error) : error);
            }

            meter.Sent("forward", put.SizeBytes);
            var (answer, fault) = await ReadAsync(owner, response, bytes => NeighborCodec.ReadForwardAnswer(bytes), cancellationToken);
            return answer ?? new ForwardAnswer(null, Lost(put, fault!));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var lane in lanes.Values)
        {
            lane.Dispose();
        }
    }

    private static StoreError Lost(ForwardedPut put, StoreError why) =>
        new(ErrorCode.UnknownOutcome, $"{put.Name.Cname}: it moved while it was written, and the answer of its new owner was lost: read it before trying again ({why.Message})", 1000);

    private NeighborMark Mark(NodeId to, TimeSpan within) => NeighborMark.Of(view.Current, to, within);

    private PushLane LaneOf(NodeId receiver) => lanes.GetOrAdd(receiver, id => new PushLane((items, within) => SendBatchAsync(id, items, within), () => RequestsPerStream * view.Current.State.Config.Settings().Rebalance.BundleMultiplier));

    /// <summary>Attributes of an offered record, and its content if that goes along; null when the record is not there any more.</summary>
    private async ValueTask<PushItem?> PrepareAsync(PushRequest offer, bool withContent, CancellationToken cancellationToken)
    {
        if (!withContent)
        {
            return RecordContent.Find(store, offer.Name, offer.Record.Key) is { } found ? new PushItem(offer, found, null) : null;
        }

        using var reader = RecordContent.Open(store, offer.Name, offer.Record.Key);
        if (reader is null)
        {
            return null;
        }

        var content = new byte[reader.SizeBytes];
        var at = 0;
        while (at < content.Length && await reader.ReadAsync(content.AsMemory(at), at, cancellationToken) is > 0 and var count)
        {
            at += count;
        }

        return at == content.Length
            ? new PushItem(offer, reader.Record, content)
            : throw new StoreException(ErrorCode.Corrupt, $"{offer.Name.Cname} is damaged: its content is shorter than its record says");
    }

    private async Task<IReadOnlyList<PushAnswer>> SendBatchAsync(NodeId receiver, IReadOnlyList<PushItem> items, TimeSpan within)
    {
        var (answers, error) = await AskAsync(
            "push", receiver, NeighborPaths.Push, NeighborCodec.Push(Mark(receiver, within), items), within, bytes => NeighborCodec.ReadPushAnswer(bytes), CancellationToken.None);
        if (answers is not null && answers.Count != items.Count)
        {
            error = Malformed(receiver, $"{answers.Count} answers to {items.Count} offers");
            answers = null;
        }

        meter.Sent("push", items.Sum(item => (long)(item.Content?.Length ?? 0)));
        return answers ?? [.. items.Select(_ => Refused(error!))];
    }

    private async Task<(T? Answer, StoreError? Error)> AskAsync<T>(
        string kind, NodeId node, string path, byte[] question, TimeSpan within, AnswerReader<T> read, CancellationToken cancellationToken)
        where T : class
    {
        var (response, error) = await SendAsync(kind, node, path, new ByteArrayContent(question), string.Empty, within, Stopwatch.GetTimestamp(), cancellationToken);
        using (response)
        {
            return response is null ? (null, error) : await ReadAsync(node, response, read, cancellationToken);
        }
    }

    private async Task<(HttpResponseMessage? Response, StoreError? Error)> SendAsync(
        string kind, NodeId node, string path, HttpContent body, string message, TimeSpan within, long started, CancellationToken cancellationToken)
    {
        HttpResponseMessage? response = null;
        StoreError? error = null;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(within);
        try
        {
            response = await peers.SendAsync(new PeerRequest
            {
                Node = node,
                Network = PeerNetwork.Data,
                Method = HttpMethod.Post,
                PathAndQuery = path,
                Content = body,
                Headers = message.Length > 0 ? [new(NeighborPaths.MessageHeader, message)] : [],
                HeadersTimeout = within + TimeSpan.FromSeconds(1),
            }, deadline.Token);
            if (response.StatusCode != HttpStatusCode.OK)
            {
                error = Refused(node, response, await response.Content.ReadAsStringAsync(deadline.Token));
            }
        }
        catch (StoreException failure)
        {
            error = failure.Error.Code == ErrorCode.NodeNotFound ? failure.Error with { Code = ErrorCode.Unreachable } : failure.Error;
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException)
        {
            error = Unreachable(node, failure.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            error = Unreachable(node, string.Create(CultureInfo.InvariantCulture, $"no answer within {within.TotalSeconds:0.#} s"));
        }

        meter.Asked(kind, error is null, started);
        if (error is not null)
        {
            response?.Dispose();
        }

        return error is null ? (response, null) : (null, error);
    }

    private async Task<(T? Answer, StoreError? Error)> ReadAsync<T>(NodeId node, HttpResponseMessage response, AnswerReader<T> read, CancellationToken cancellationToken)
        where T : class
    {
        try
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            deadline.CancelAfter(TimeSpan.FromSeconds(10));
            await response.Content.LoadIntoBufferAsync(MaxAnswerBytes, deadline.Token);
            var (mark, answer) = read(await response.Content.ReadAsByteArrayAsync(deadline.Token));
            return Fault(node, mark) is { } fault ? (null, fault) : (answer, null);
        }
        catch (CodecException error)
        {
            return (null, Malformed(node, error.Message));
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            return (null, Unreachable(node, error.Message));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, Unreachable(node, "its answer did not end"));
        }
    }

    private async Task<NeighborOpen> ReadContentAsync(NodeId holder, ContentQuestion question, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            var header = response.Headers.TryGetValues(NeighborPaths.MessageHeader, out var values) ? values.First() : throw new FormatException("it has no message");
            var (mark, record, error) = NeighborCodec.ReadContentAnswer(Convert.FromBase64String(header));
            if ((Fault(holder, mark) ?? error) is { } fault)
            {
                return new NeighborOpen(null, fault);
            }

            if (record is null || record.Key != question.Key || response.Content.Headers.ContentLength is not { } lengthBytes)
            {
                return new NeighborOpen(null, Malformed(holder, $"it does not send {question.Name.Cname} {question.Key}"));
            }

            var wanted = question.LengthBytes < 0 ? record.SizeBytes - question.Offset : question.LengthBytes;
            if (lengthBytes != wanted)
            {
                return new NeighborOpen(null, Malformed(holder, $"it sends {lengthBytes} bytes of {question.Name.Cname} instead of {wanted}"));
            }

            var body = await response.Content.ReadAsStreamAsync(cancellationToken);
            return new NeighborOpen(new NeighborContent(record, new BoundedBody(response, body, wanted, $"t[{holder}]", count => meter.Received("content", count)), wanted), null);
        }
        catch (Exception error) when (error is CodecException or FormatException)
        {
            return new NeighborOpen(null, Malformed(holder, error.Message));
        }
    }

    /// <summary>An answer counts when it comes from the process that was meant.</summary>
    private StoreError? Fault(NodeId node, NeighborMark mark) =>
        mark.From != node ? Unreachable(node, $"t[{mark.From}] answered in its place") : mark.Fault(view.Current);

    private static PushAnswer Refused(StoreError error) => new(PushAnswerKind.Refused, 0, 0) { Error = error };

    private static StoreError Refused(NodeId node, HttpResponseMessage response, string text) => new(
        response.StatusCode == HttpStatusCode.ServiceUnavailable ? ErrorCode.Unavailable : ErrorCode.Unreachable,
        string.Create(CultureInfo.InvariantCulture, $"t[{node}] refused with status {(int)response.StatusCode}: {(text.Length > MaxRefusalChars ? text[..MaxRefusalChars] : text).ReplaceLineEndings(" ").TrimEnd()}"),
        1000);

    private static StoreError Unreachable(NodeId node, string why) => new(ErrorCode.Unreachable, $"t[{node}] cannot be reached on the data network: {why}", 1000);

    private static StoreError Malformed(NodeId node, string why) => new(ErrorCode.Unreachable, $"the answer of t[{node}] makes no sense: {why}", 1000);

    private delegate (NeighborMark Mark, T Answer) AnswerReader<T>(ReadOnlySpan<byte> bytes);

    /// <summary>A body that knows whether it began to travel: before that, nothing can have happened at the other end.</summary>
    private sealed class SentOnce(Stream body, long sizeBytes) : HttpContent
    {
        private int begun;

        public bool HasBegun => Volatile.Read(ref begun) != 0;

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            Volatile.Write(ref begun, 1);
            return body.CopyToAsync(stream, 256 * 1024, cancellationToken);
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override bool TryComputeLength(out long length)
        {
            length = sizeBytes;
            return true;
        }
    }
}
