using Starling.Core.Names;
using Starling.Protocol.Objects;

namespace Starling.Protocol.Rebalance;

/// <summary>A leftover whose answer is known, and what must be durable before it may be marked.</summary>
internal sealed record PendingMark(WalkedRecord Item, VerifyAnswer? Answer, long NeededVersion);

/// <summary>One mountpath's part in a pass, in memory: the page at hand and what of it is under way. At most one page is held.</summary>
internal sealed class PassLane(string mountpath)
{
    public string Mountpath => mountpath;

    /// <summary>Names of the page that are to be handed off.</summary>
    public Queue<ObjectName> ToHandOff { get; } = new();

    /// <summary>Leftovers of the page that are to be marked.</summary>
    public Queue<PendingMark> ToMark { get; } = new();

    /// <summary>Hand-offs and marks under way.</summary>
    public int Running { get; set; }

    /// <summary>Batches without an answer yet.</summary>
    public int OpenBatches { get; set; }

    public bool IsReading { get; set; }

    /// <summary>The page at hand is the last one.</summary>
    public bool IsAtEnd { get; set; }

    /// <summary>Nothing to do in this stage any more.</summary>
    public bool IsDone { get; set; }

    /// <summary>Where the next page begins.</summary>
    public string NextCursor { get; set; } = string.Empty;

    /// <summary>The walk met an error and is not to be repeated before a retry.</summary>
    public bool IsFailed { get; set; }

    public int PagesSinceSave { get; set; }

    public bool IsPageDone => !IsReading && ToHandOff.Count == 0 && ToMark.Count == 0 && Running == 0 && OpenBatches == 0;

    public void Begin(string cursor, bool isDone)
    {
        NextCursor = cursor;
        IsDone = isDone;
        IsAtEnd = false;
        IsReading = false;
        IsFailed = false;
    }
}
