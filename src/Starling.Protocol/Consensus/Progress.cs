using System.Collections.Immutable;
using Starling.Core.Names;
using Starling.Protocol.Identity;

namespace Starling.Protocol.Consensus;

internal enum ProgressMode
{
    /// <summary>The matching point is not known: one message at a time.</summary>
    Probe,

    /// <summary>Entries stream.</summary>
    Replicate,

    /// <summary>A snapshot is on its way.</summary>
    Snapshot,
}

/// <summary>What a leader knows of one follower or learner.</summary>
internal sealed class Progress(Member member, long next, long nowNs)
{
    public Member Member { get; } = member;

    public NodeId Id => Member.Id;

    public ProgressMode Mode { get; set; }

    /// <summary>Acknowledged as durable in this term.</summary>
    public long Match { get; set; }

    public long Next { get; set; } = next;

    public int Inflight { get; set; }

    public long SentNs { get; set; } = long.MinValue / 2;

    public long HeardNs { get; set; } = nowNs;

    /// <summary>Whether it answered this leader at all.</summary>
    public bool Answered { get; set; }

    /// <summary>Since when it has been answering without a long silence; meaningful once <see cref="Answered"/>.</summary>
    public long OnlineSinceNs { get; set; }

    public long AckedRound { get; set; }

    public Snapshot? Installing { get; set; }

    public ImmutableArray<SnapshotPart> Parts { get; set; } = [];

    public int NextPart { get; set; }

    public void Heard(long nowNs, long silenceNs)
    {
        if (!Answered || nowNs - HeardNs > silenceNs)
        {
            OnlineSinceNs = nowNs;
        }

        Answered = true;
        HeardNs = nowNs;
    }

    public void Probe(long next)
    {
        Mode = ProgressMode.Probe;
        Next = Math.Max(Match + 1, next);
        Inflight = 0;
        Installing = null;
        Parts = [];
        SentNs = long.MinValue / 2;
    }
}
