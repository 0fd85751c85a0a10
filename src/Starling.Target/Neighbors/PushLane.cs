using Starling.Core.Errors;
using Starling.Protocol.Rebalance;

namespace Starling.Target.Neighbors;

/// <summary>
/// Offers on their way to one receiver. While a few requests are under way, what comes meanwhile waits and then travels together: one offer alone goes at
/// once, many small ones share a request. Bounded in offers and in bytes; callers wait for a place, each within its own deadline.
/// </summary>
internal sealed class PushLane(Func<IReadOnlyList<PushItem>, TimeSpan, Task<IReadOnlyList<PushAnswer>>> send, Func<int> maxUnderWay) : IDisposable
{
    /// <summary>Content of one request, bytes; a larger object travels after its offer, when it is asked for.</summary>
    public const int MaxBatchBytes = 1 << 20;

    /// <summary>Objects up to this size may travel with their offer, bytes.</summary>
    public const int MaxInlineBytes = 64 << 10;

    private const int MaxWaiting = 256;
    private static readonly TimeSpan LeastWithin = TimeSpan.FromSeconds(1);

    private readonly Lock gate = new();
    private readonly Queue<Waiting> waiting = new();
    private readonly SemaphoreSlim places = new(MaxWaiting);
    private int underWay;

    /// <summary>Whether small content goes along with its offer to this receiver.</summary>
    public ContentGuess Guess { get; } = new();

    /// <summary>Sends one offer; the answer is its own.</summary>
    public async Task<PushAnswer> PushAsync(Func<CancellationToken, ValueTask<PushItem?>> prepare, PushRequest offer, TimeSpan within, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(within);
        try
        {
            await places.WaitAsync(deadline.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Late(offer, within, "it waited for its turn");
        }

        // The place is free when the request is answered, not when the caller gives up: the content is held until then.
        var isQueued = false;
        try
        {
            if (await prepare(deadline.Token) is not { } item)
            {
                return new PushAnswer(PushAnswerKind.Stale, offer.Epoch, offer.AppliedIndex);
            }

            var one = new Waiting(item, within < LeastWithin ? LeastWithin : within);
            Enqueue(one);
            isQueued = true;
            return await one.Done.Task.WaitAsync(deadline.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Late(offer, within, "no answer came");
        }
        finally
        {
            if (!isQueued)
            {
                places.Release();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => places.Dispose();

    private void Enqueue(Waiting one)
    {
        lock (gate)
        {
            waiting.Enqueue(one);
            if (underWay >= maxUnderWay())
            {
                return;
            }

            underWay++;
        }

        _ = SendAllAsync();
    }

    private async Task SendAllAsync()
    {
        await Task.Yield();
        while (Take() is { Count: > 0 } batch)
        {
            try
            {
                var answers = await send(batch.ConvertAll(one => one.Item), batch.Max(one => one.Within));
                for (var i = 0; i < batch.Count; i++)
                {
                    batch[i].Done.TrySetResult(answers[i]);
                }
            }
            catch (Exception unexpected)
            {
                // Each caller sees what nobody expected; the lane goes on.
                batch.ForEach(one => one.Done.TrySetException(unexpected));
            }

            places.Release(batch.Count);
        }
    }

    /// <summary>What travels together: as many offers as wait and fit. One whose content comes after it travels alone, so that nobody waits for it.</summary>
    private List<Waiting> Take()
    {
        lock (gate)
        {
            var taken = new List<Waiting>();
            long contentBytes = 0;
            while (taken.Count < NeighborCodec.MaxPushItems && waiting.TryPeek(out var next))
            {
                contentBytes += next.ContentBytes;
                if (taken.Count > 0 && (next.TravelsAlone || contentBytes > MaxBatchBytes))
                {
                    break;
                }

                taken.Add(waiting.Dequeue());
                if (next.TravelsAlone)
                {
                    break;
                }
            }

            if (taken.Count == 0)
            {
                underWay--;
            }

            return taken;
        }
    }

    private static PushAnswer Late(PushRequest offer, TimeSpan within, string what) => new(PushAnswerKind.Refused, 0, 0)
    {
        Error = new StoreError(ErrorCode.Unreachable, $"{offer.Name.Cname}: {what} within {within.TotalSeconds:0.#} s", 1000),
    };

    private sealed class Waiting(PushItem item, TimeSpan within)
    {
        public PushItem Item => item;

        public TimeSpan Within => within;

        public long ContentBytes => item.Content?.Length ?? 0;

        public bool TravelsAlone => !item.Offer.Record.IsTombstone && item.Offer.Record.SizeBytes > MaxInlineBytes;

        public TaskCompletionSource<PushAnswer> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
