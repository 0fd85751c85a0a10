using System.Collections.Concurrent;

namespace Starling.Playground.Tour;

/// <summary>One line of the tour's table: what clients saw while an act ran.</summary>
internal sealed class ActRecord(string name, bool mayWait)
{
    private long requests;
    private long cut;
    private long refused;
    private long waited;
    private string? firstWait;

    public string Name { get; } = name;

    /// <summary>Whether a 503 with Retry-After is excused because a target is down in this act.</summary>
    public bool MayWait { get; } = mayWait;

    public long Requests => Interlocked.Read(ref requests);

    /// <summary>In flight to a process that was killed; retried.</summary>
    public long Cut => Interlocked.Read(ref cut);

    /// <summary>Connection refused by a process that is down; the next gateway was tried.</summary>
    public long Refused => Interlocked.Read(ref refused);

    /// <summary>503 with Retry-After; retried.</summary>
    public long Waited => Interlocked.Read(ref waited);

    /// <summary>What the first answer said that asked to wait.</summary>
    public string? FirstWait => Volatile.Read(ref firstWait);

    public ConcurrentQueue<string> Failures { get; } = new();

    public string Note { get; set; } = string.Empty;

    public bool Passed => Failures.IsEmpty && (MayWait || Waited == 0);

    public void CountRequest() => Interlocked.Increment(ref requests);

    public void CountCut() => Interlocked.Increment(ref cut);

    public void CountRefused() => Interlocked.Increment(ref refused);

    /// <summary>Counts an answer that asks to wait, and keeps the first one's words.</summary>
    public void CountWaited(string answer)
    {
        Interlocked.CompareExchange(ref firstWait, answer, null);
        Interlocked.Increment(ref waited);
    }

    public void Fail(string what) => Failures.Enqueue(what);
}
