using Starling.Core.Names;
using Starling.Protocol.Objects;

namespace Starling.Simulation.Store;

/// <summary>What a record on a disk is (rule B1).</summary>
public enum RecordStanding
{
    /// <summary>Visible.</summary>
    Live,

    /// <summary>Handed over to another target.</summary>
    Leftover,
}

/// <summary>A record on the disks of a target, with the content that the world gave it. Immutable: a mark makes another one.</summary>
public sealed record StoredRecord(RecordHead Head, long Value)
{
    public RecordStanding Standing { get; init; }

    /// <summary>For a leftover: the epoch of its hand-over.</summary>
    public long HandOverEpoch { get; init; }

    /// <summary>For a leftover: who took it; the default id when its bucket was destroyed.</summary>
    public NodeId Receiver { get; init; }

    /// <summary>For a leftover: a verification found it with the owner.</summary>
    public bool IsVerified { get; init; }

    public bool IsLive => Standing == RecordStanding.Live;

    /// <summary>The record as plans see it: null for what is not visible.</summary>
    public RecordHead? LiveHead => IsLive ? Head : null;
}
