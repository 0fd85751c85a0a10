using Starling.Protocol.Node;

namespace Starling.Cluster;

/// <summary>
/// Messages that came in one request, and the answers that the core gives to them at once: those ride in the answer to that request instead of in a request
/// of their own, which halves the requests of an idle cluster. Whoever closes first, the loop or the waiting request, decides where they go.
/// </summary>
internal sealed class Exchange
{
    private readonly TaskCompletionSource<IReadOnlyList<Envelope>> done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Envelope> answers = [];
    private int closed;

    public Exchange(IReadOnlyList<Envelope> received)
    {
        Received = received;
        foreach (var envelope in received)
        {
            if (!envelope.Relay && !envelope.Relayed)
            {
                Sender = envelope.FromAddress;
                break;
            }
        }
    }

    /// <summary>What came.</summary>
    public IReadOnlyList<Envelope> Received { get; }

    /// <summary>Address of the node that sent the request; null when it only passed messages on.</summary>
    public string? Sender { get; }

    /// <summary>Takes an answer when it is for the sender.</summary>
    public bool TryAdd(string address, Envelope envelope)
    {
        if (address != Sender)
        {
            return false;
        }

        answers.Add(envelope);
        return true;
    }

    /// <summary>The loop has worked off what came. What it returns nobody waits for any more: it goes the ordinary way.</summary>
    public IReadOnlyList<Envelope> Finish()
    {
        if (Interlocked.Exchange(ref closed, 1) != 0)
        {
            return answers;
        }

        done.TrySetResult(answers);
        return [];
    }

    /// <summary>The answers; none when the loop needs longer than it should.</summary>
    public async Task<IReadOnlyList<Envelope>> WaitAsync(TimeSpan patience)
    {
        try
        {
            return await done.Task.WaitAsync(patience);
        }
        catch (TimeoutException)
        {
            return Interlocked.Exchange(ref closed, 1) == 0 ? [] : await done.Task;
        }
    }
}
