using Starling.Core.Names;
using Starling.Protocol.Bootstrap;
using Starling.Protocol.Identity;
using Starling.Protocol.Node;
using Starling.Protocol.State;
using Starling.Simulation.Clocks;
using Starling.Simulation.Disk;
using Starling.Simulation.Engine;

namespace Starling.Simulation.World;

/// <summary>One machine: its clock and disks outlive the processes that run on it.</summary>
public sealed class SimNode
{
    public required int Index { get; init; }

    /// <summary>Name of the machine; equals the id of the node, unless a script puts two of one id into the world.</summary>
    public required string Name { get; init; }

    public required NodeId Id { get; init; }

    public required NodeRole Role { get; init; }

    public bool Electable { get; init; } = true;

    public required NodeAddresses Addresses { get; set; }

    public required SimClock Clock { get; init; }

    public SimControlDisk Disk { get; init; } = new();

    public BootstrapOptions Bootstrap { get; set; } = BootstrapOptions.None;

    public string HostBootId { get; set; } = "boot-1";

    public ulong LockDevice { get; set; }

    public string[] MountpathIds { get; set; } = [];

    /// <summary>Number of the process that runs, or of the one that ran last.</summary>
    public int Process { get; set; }

    public ProtocolNode? Core { get; set; }

    public NodePublication? View { get; set; }

    public SessionId Session { get; set; }

    /// <summary>The process that obeyed an order to stop.</summary>
    public int ObeyedProcess { get; set; }

    /// <summary>The process that erased itself.</summary>
    public int ErasedProcess { get; set; }

    public bool IsUp => Core is not null;

    public bool IsPaused { get; set; }

    public long LastResumedNs { get; set; }

    /// <summary>What arrives while the process is paused.</summary>
    public List<SimEvent> Buffered { get; } = [];

    public long LastTickNs { get; set; }

    /// <summary>Extra time of every flush, nanoseconds.</summary>
    public long SlowFlushNs { get; set; }

    /// <summary>Object records on this machine's disks; null for gateways.</summary>
    public TargetService? Target { get; set; }

    public GatewayService? Gateway { get; set; }

    public bool IsGateway => Role == NodeRole.Gateway;

    public override string ToString() => Name;
}
