using Starling.Core.Errors;

namespace Starling.Target.Neighbors;

/// <summary>
/// Which forwarded puts were carried out here, so that one that comes again is answered and not committed a second time. Bounded: the oldest is forgotten
/// first. What certainly changed nothing is forgotten at once.
/// </summary>
internal sealed class ForwardMemory(int capacity = ForwardMemory.Capacity)
{
    private const int Capacity = 4096;

    private readonly Lock gate = new();
    private readonly Dictionary<ForwardKey, Task<ForwardAnswer>> known = [];
    private readonly Queue<ForwardKey> order = new();

    /// <summary>Carries a put out, unless it was or is being carried out: then its outcome is the answer.</summary>
    public async Task<ForwardAnswer> RunAsync(ForwardKey key, Func<Task<ForwardAnswer>> carryOut)
    {
        var first = new TaskCompletionSource<ForwardAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<ForwardAnswer>? earlier;
        lock (gate)
        {
            if (!known.TryGetValue(key, out earlier))
            {
                known.Add(key, first.Task);
                order.Enqueue(key);
                if (order.Count > capacity)
                {
                    known.Remove(order.Dequeue());
                }
            }
        }

        if (earlier is not null)
        {
            return await earlier;
        }

        ForwardAnswer answer;
        try
        {
            answer = await carryOut();
        }
        catch (OperationCanceledException)
        {
            answer = new ForwardAnswer(null, new StoreError(ErrorCode.Unavailable, "the put was given up before it was committed", 1000));
        }

        first.SetResult(answer);
        if (answer.Error is { Code: not ErrorCode.UnknownOutcome })
        {
            lock (gate)
            {
                known.Remove(key);
            }
        }

        return answer;
    }
}

/// <summary>What makes two forwarded puts the same.</summary>
internal readonly record struct ForwardKey(string RequestId, string Uname, ulong BucketId, long SizeBytes, string Checksum);
