using Starling.Protocol.State;

namespace Starling.Protocol.Node;

/// <summary>Timers and sizes of consensus. Times in nanoseconds. Compiled bounds keep them safe (rule A14).</summary>
public sealed record NodeSettings
{
    /// <summary>The settings in force unless configured otherwise (rule A3).</summary>
    public static NodeSettings Default { get; } = new();

    private const long Ms = 1_000_000;

    /// <summary>A leader says that it lives this often; 50 ms to 5 s.</summary>
    public long HeartbeatNs { get; init; } = 500 * Ms;

    /// <summary>E: silence of the leader after which the first in rank stands; at least four heartbeats, at most 60 s.</summary>
    public long ElectionNs { get; init; } = 2000 * Ms;

    /// <summary>d: additional silence per rank; 50 ms to 5 s.</summary>
    public long RankStepNs { get; init; } = 300 * Ms;

    /// <summary>Greatest random addition to a candidate's delay; up to half of <see cref="RankStepNs"/>.</summary>
    public long JitterNs { get; init; } = 150 * Ms;

    /// <summary>Rank of those that voters do not know, and greatest rank; 1 to 100.</summary>
    public int MaxRank { get; init; } = 10;

    /// <summary>Own flush pending for longer: this node does not stand, and a leader hands over (rule A5).</summary>
    public long SlowFlushNs { get; init; } = 1000 * Ms;

    /// <summary>A dead voter is replaced after this (rule A2); at least 10 s.</summary>
    public long DeadVoterNs { get; init; } = 60_000 * Ms;

    /// <summary>A gateway replaces a voting target after having been online this long (rule A2).</summary>
    public long SettledGatewayNs { get; init; } = 600_000 * Ms;

    /// <summary>At most one replacement of a voter per this (rule A2).</summary>
    public long ReplacementNs { get; init; } = 30_000 * Ms;

    /// <summary>Greatest number of voters; odd, 1 to 5 (rule A1).</summary>
    public int MaxVoters { get; init; } = 5;

    /// <summary>A snapshot is taken after this many entries (rule A13).</summary>
    public int SnapshotEntries { get; init; } = 10_000;

    /// <summary>A snapshot is taken after this many bytes of entries, and at most as many are kept behind it (rule A13).</summary>
    public long SnapshotBytes { get; init; } = 16 << 20;

    /// <summary>Entries kept behind a snapshot for followers that lag; fewer when they are large.</summary>
    public int KeepEntries { get; init; } = 5_000;

    /// <summary>Snapshot installs at a time.</summary>
    public int MaxInstalls { get; init; } = 4;

    /// <summary>Entries per append message.</summary>
    public int MaxAppendEntries { get; init; } = 256;

    /// <summary>Bytes of entries per append message; one entry goes even when it is larger. 64 KiB to 16 MiB.</summary>
    public long MaxAppendBytes { get; init; } = 1 << 20;

    /// <summary>Append messages on the way to one follower.</summary>
    public int MaxInflight { get; init; } = 8;

    /// <summary>An append or a snapshot part that was not answered is sent again after this.</summary>
    public long ResendNs { get; init; } = 1000 * Ms;

    /// <summary>Proposals that wait at a node for a leader or for being applied; more are refused.</summary>
    public int MaxOutstanding { get; init; } = 10_000;

    /// <summary>Bytes of entries that wait for their commit at the leader; more are refused. Without a bound a leader that waits for a majority could fill its log.</summary>
    public long MaxOutstandingBytes { get; init; } = 32 << 20;

    /// <summary>Every member is probed this often.</summary>
    public long ProbeNs { get; init; } = 1000 * Ms;

    /// <summary>Silence after which indirect probes are asked for; unanswered, the node is suspect this much later.</summary>
    public long SuspectNs { get; init; } = 3000 * Ms;

    /// <summary>Silence after which a node is offline.</summary>
    public long OfflineNs { get; init; } = 10_000 * Ms;

    /// <summary>Nodes asked to probe indirectly.</summary>
    public int IndirectProbes { get; init; } = 3;

    /// <summary>A proposer withdraws a new cluster when the consents are not complete after this (rule A9).</summary>
    public long ConsentNs { get; init; } = 10_000 * Ms;

    /// <summary>
    /// The highest feature level that this node says it supports, 0 to <see cref="FeatureLevels.Highest"/>. The leader raises the level of the cluster once every
    /// member supports more; 0: this node holds it where it is.
    /// </summary>
    public int HighestFeatureLevel { get; init; } = FeatureLevels.Highest;

    /// <summary>Names the first setting that is out of its bounds, and the bounds; null when all are right.</summary>
    public string? Validate()
    {
        if (HeartbeatNs is < 50 * Ms or > 5000 * Ms)
        {
            return "heartbeat must be between 50 ms and 5 s";
        }

        if (ElectionNs < 4 * HeartbeatNs || ElectionNs > 60_000 * Ms)
        {
            return "election timeout must be at least four heartbeats and at most 60 s";
        }

        if (RankStepNs is < 50 * Ms or > 5000 * Ms)
        {
            return "rank step must be between 50 ms and 5 s";
        }

        if (JitterNs < 0 || JitterNs > RankStepNs / 2)
        {
            return "jitter must be between 0 and half of the rank step";
        }

        if (MaxRank is < 1 or > 100)
        {
            return "greatest rank must be between 1 and 100";
        }

        if (MaxVoters is < 1 or > 5 || MaxVoters % 2 == 0)
        {
            return "number of voters must be 1, 3 or 5";
        }

        if (DeadVoterNs < 10_000 * Ms || SettledGatewayNs < DeadVoterNs || ReplacementNs < 1000 * Ms)
        {
            return "a dead voter is replaced after at least 10 s, a healthy target later still, with at least 1 s between replacements";
        }

        if (SlowFlushNs < 100 * Ms || ResendNs < HeartbeatNs || ProbeNs < 100 * Ms || SuspectNs < 2 * ProbeNs || OfflineNs < SuspectNs)
        {
            return "slow flush at least 100 ms, resend at least a heartbeat, probe at least 100 ms, suspect at least two probes, offline at least suspect";
        }

        if (SnapshotEntries < 1 || KeepEntries < 0 || SnapshotBytes < 1024 || MaxInstalls < 1 || MaxAppendEntries < 1 || MaxInflight < 1 || MaxOutstanding < 1)
        {
            return "sizes and counts must be positive";
        }

        if (HighestFeatureLevel is < 0 or > FeatureLevels.Highest)
        {
            return $"highest feature level must be between 0 and {FeatureLevels.Highest}, which is what this build knows";
        }

        if (MaxAppendBytes is < 64 << 10 or > 16 << 20 || MaxOutstandingBytes is < 64 << 10 or > 256 << 20 || SnapshotBytes > 256 << 20)
        {
            return "bytes per append message between 64 KiB and 16 MiB, bytes that wait for their commit between 64 KiB and 256 MiB, a snapshot after at most 256 MiB";
        }

        return null;
    }
}
