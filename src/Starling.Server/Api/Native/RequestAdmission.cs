namespace Starling.Server.Api.Native;

/// <summary>
/// Bounds how many requests of clients are in work at once, by the memory that they may hold: slow clients and slow disks must not add up to a node that
/// is killed for its memory. Connections without a request cost next to nothing and are bounded by the listener.
/// </summary>
/// <param name="maxRequests">The most requests in work, at least 1.</param>
internal sealed class RequestAdmission(int maxRequests)
{
    /// <summary>What one request holds at most: the web server's buffer of a body that nobody reads, or an answer that the client does not take, or a small body kept whole.</summary>
    public const int BytesPerRequest = 1024 * 1024;

    /// <summary>Part of the memory of this process (of its container, if it has one) that requests may hold together.</summary>
    public const int MemoryShare = 4;

    private const int AtLeast = 256;

    private int running;

    /// <summary>The most requests in work.</summary>
    public int MaxRequests { get; } = maxRequests;

    /// <summary>The bound for a process with so much memory.</summary>
    /// <param name="memoryBytes">Memory that the process may use, bytes.</param>
    public static RequestAdmission For(long memoryBytes) => new((int)Math.Clamp(memoryBytes / MemoryShare / BytesPerRequest, AtLeast, int.MaxValue));

    /// <summary>Takes a place; false when all are taken. Whoever got one gives it back with <see cref="Leave"/>.</summary>
    public bool TryEnter()
    {
        if (Interlocked.Increment(ref running) <= MaxRequests)
        {
            return true;
        }

        Interlocked.Decrement(ref running);
        return false;
    }

    /// <summary>Gives a place back.</summary>
    public void Leave() => Interlocked.Decrement(ref running);
}
