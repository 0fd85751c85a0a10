using Starling.Protocol.Objects;
using Starling.Protocol.State;

namespace Starling.Simulation.Store;

/// <summary>A record on the disks of a target, live or a leftover, with the content that the world gave it. Immutable: a mark makes another one.</summary>
public sealed record StoredRecord(RecordHead Head, long Value, HandOver? HandOver = null)
{
    /// <summary>What the disk calls live: the state may know better (rule B8).</summary>
    public bool IsLive => HandOver is null;

    /// <summary>The record as transfer plans see it.</summary>
    public LocalRecord Local => new(Head, HandOver);

    /// <summary>The record as requests see it: null for what is not visible.</summary>
    public RecordHead? LiveHead(ClusterState state) => IsLive ? Head : Local.Live(state);
}
