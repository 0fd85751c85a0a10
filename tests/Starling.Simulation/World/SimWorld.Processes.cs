using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Protocol.Node;
using Starling.Protocol.State;
using Starling.Simulation.Engine;
using Starling.Simulation.Network;

namespace Starling.Simulation.World;

/// <summary>Processes begin, end, freeze; machines lose power; networks are cut: what faults and scripts do to the world.</summary>
public sealed partial class SimWorld
{
    private long _requestId;
    private long _value;

    public long NextRequestId() => ++_requestId;

    /// <summary>The last fault is over. From then on nobody asks for other leaders either: every election restarts the wait for lapsed leases (rule B4).</summary>
    public bool IsHealed { get; set; }

    /// <summary>A value that nobody wrote before.</summary>
    public long NextValue() => ++_value;

    /// <summary>A gateway as a client would choose one: any that is configured, up or not.</summary>
    public SimNode PickGateway()
    {
        var count = Options.Gateways;
        return Nodes[WorkRandom.Below(count)];
    }

    public void StartAll()
    {
        foreach (var node in Nodes)
        {
            Start(node);
        }
    }

    public void Start(string name) => Start(Node(name));

    public void Start(SimNode node)
    {
        if (node.IsUp)
        {
            return;
        }

        node.Process++;
        node.Session = new SessionId(_nodeRandom.Next128() | 1);
        node.IsPaused = false;
        var restored = node.Disk.Restore(_nodeRandom);
        var now = node.Clock.MonotonicNs(NowNs);
        node.LastTickNs = now;
        node.Core = new ProtocolNode(new NodeStart
        {
            Facts = new NodeFacts(
                node.Id,
                node.Role,
                node.Electable,
                node.Addresses,
                [.. node.MountpathIds],
                node.HostBootId,
                [.. node.MountpathIds.Select((_, i) => new LockFile(node.LockDevice, (ulong)i + 1))]),
            Session = node.Session,
            Restored = restored,
            Bootstrap = node.Bootstrap,
            Settings = Options.Settings,
            Seed = _nodeRandom.Next(),
            NowNs = now,
            WallNs = WallNs(node),
        });
        node.View = node.Core.View;
        Note($"{node.Name,-4} STARTS process {node.Process} incarnation {restored.Incarnation} log {restored.Snapshot.Index}..{node.Disk.Durable.LastIndex}");
        Coverage.Hit(node.Process > 1 ? Mark.FaultRestart : Mark.None);
        Queue.Add(NowNs, new SimEvent(EventKind.Tick, node.Index, node.Process, null, 0));
    }

    /// <summary>SIGKILL: what was written is mostly there, nobody is told.</summary>
    public void Kill(string name) => Kill(Node(name));

    public void Kill(SimNode node) => End(node, power: false);

    /// <summary>The machine loses power: nothing unflushed need be there; its clock and the boot id of its kernel begin anew.</summary>
    public void PowerOff(SimNode node)
    {
        End(node, power: true);
        node.HostBootId = "boot-" + Trace.Value.ToString("x16", System.Globalization.CultureInfo.InvariantCulture);
        node.Clock.Reboot(NowNs);
    }

    public void PowerOff(string name) => PowerOff(Node(name));

    private void End(SimNode node, bool power)
    {
        if (!node.IsUp)
        {
            return;
        }

        Note($"{node.Name,-4} {(power ? "LOSES POWER" : "IS KILLED")}");
        node.Core = null;
        node.IsPaused = false;
        node.Buffered.Clear();
        if (node.Disk.Crash(DiskRandom, keepAll: false) > 0)
        {
            Coverage.Hit(Mark.FaultTornTail);
        }

        node.Target?.Crash(power);
        node.Gateway?.Crash();
        Checks.AfterCrash(node);
    }

    /// <summary>SIGTERM: the node hands over what it leads and exits when it says so, or after ten seconds.</summary>
    public void Stop(string name, Action? stopped = null) => Stop(Node(name), stopped);

    public void Stop(SimNode node, Action? stopped = null)
    {
        if (!node.IsUp)
        {
            stopped?.Invoke();
            return;
        }

        var process = node.Process;
        var deadline = NowNs + (10 * Second);
        ScheduleLocal(node, 0, () => Give(node, new Stopping()));
        Poll();

        void Poll() => Schedule(50 * Millisecond, () =>
        {
            if (node.Process != process || !node.IsUp)
            {
                stopped?.Invoke();
                return;
            }

            if (node.View?.StopReady == true || NowNs >= deadline)
            {
                End(node, power: false);
                stopped?.Invoke();
                return;
            }

            Poll();
        });
    }

    public void Pause(string name) => Pause(Node(name));

    /// <summary>SIGSTOP: the clock goes on, messages and completions wait.</summary>
    public void Pause(SimNode node)
    {
        if (node.IsUp && !node.IsPaused)
        {
            Note($"{node.Name,-4} PAUSED");
            node.IsPaused = true;
        }
    }

    public void Resume(string name) => Resume(Node(name));

    /// <summary>SIGCONT: whatever was buffered is handled, before or after the clock is looked at.</summary>
    public void Resume(SimNode node)
    {
        if (!node.IsPaused)
        {
            return;
        }

        Note($"{node.Name,-4} RESUMED with {node.Buffered.Count} buffered");
        node.IsPaused = false;
        node.LastResumedNs = NowNs;
        var tickFirst = FaultRandom.Chance(500_000);
        if (tickFirst)
        {
            Queue.Add(NowNs, new SimEvent(EventKind.Tick, node.Index, node.Process, null, 0));
        }

        foreach (var item in node.Buffered)
        {
            Queue.Add(NowNs, item);
        }

        if (!tickFirst)
        {
            Queue.Add(NowNs, new SimEvent(EventKind.Tick, node.Index, node.Process, null, 0));
        }

        node.Buffered.Clear();
    }

    /// <summary>Cuts a node off from everybody, both ways, on one network or on both.</summary>
    public void Cut(string name, NetworkKind? only = null) => SetCut(name, null, only, cut: true, oneWay: false);

    public void Cut(string from, string to, bool oneWay = false, NetworkKind? only = null) => SetCut(from, to, only, cut: true, oneWay);

    public void Heal(string name) => SetCut(name, null, null, cut: false, oneWay: false);

    public void Heal(string from, string to) => SetCut(from, to, null, cut: false, oneWay: false);

    public void HealAll()
    {
        Note("NETWORK HEALS");
        Network.HealAll();
    }

    private void SetCut(string from, string? to, NetworkKind? only, bool cut, bool oneWay)
    {
        Note($"{(cut ? "CUT" : "HEAL")} {from} {to ?? "from all"} {(oneWay ? "one way" : string.Empty)} {only}");
        var first = Node(from);
        foreach (var second in Nodes)
        {
            if (second == first || (to is not null && second.Name != to))
            {
                continue;
            }

            foreach (var network in new[] { NetworkKind.Control, NetworkKind.Data })
            {
                if (only is not null && only != network)
                {
                    continue;
                }

                Network.SetCut(network, first.Index, second.Index, cut);
                if (!oneWay)
                {
                    Network.SetCut(network, second.Index, first.Index, cut);
                }
            }
        }
    }

    private static void Answered(SimNode node, Answer answer)
    {
        if (node.Target is { } target)
        {
            target.Answered(answer);
            return;
        }

        (node.Gateway ?? throw NoServices(node)).Answered(answer);
    }

    private static void AnsweredRead(SimNode node, AnswerRead answer) => (node.Gateway ?? throw NoServices(node)).AnsweredRead(answer);

    private static CheckFailedException NoServices(SimNode node) => new("one answer each", $"{node} answers a request that it never got");
}
