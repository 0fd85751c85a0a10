using Starling.Core.Names;
using Starling.Protocol.State;
using Starling.Simulation.Engine;
using Starling.Simulation.Network;

namespace Starling.Simulation.World;

/// <summary>Questions from target to target on the data network: lost, late, twice, out of order.</summary>
public sealed partial class SimWorld
{
    /// <summary>Longer than any answer takes that is worth waiting for.</summary>
    public long NeighborTimeoutNs { get; set; } = 3 * Second;

    /// <summary>A script decides what becomes of a question, or of an answer, between targets.</summary>
    public Func<SimNode, SimNode, object, NeighborFate>? NeighborTap { get; set; }

    /// <summary>What a script held back or copied, oldest first.</summary>
    public List<HeldNeighbor> HeldNeighbors { get; } = [];

    /// <summary>Whether this target may pass now: automatic rebalance is on, or an operation asks (rule B9).</summary>
    public bool MayPass(SimNode node, ClusterState state) => IsHealed || MayPassWhen?.Invoke(node, state) != false;

    /// <summary>A script or a seed that holds passes back; null: always.</summary>
    public Func<SimNode, ClusterState, bool>? MayPassWhen { get; set; }

    /// <summary>
    /// Asks another target. The handler runs there as often as the network delivers; the answer comes back once, or null when nobody answered in time.
    /// </summary>
    public void AskNeighbor<T>(SimNode from, NodeId id, object question, Action<SimNode, Action<T>> handle, Action<T?> answered)
        where T : class
    {
        var isDone = false;
        var process = from.Process;
        var to = Nodes.Find(n => n.Id == id && n.IsUp) ?? Nodes.Find(n => n.Id == id);
        ScheduleLocal(from, NeighborTimeoutNs, () => Finish(null));
        if (to is null || !Goes(from, to, question, Arrive))
        {
            return;
        }

        Trace.Add(to.Index, from.Index, 17);
        var copies = Network.Route(NetworkKind.Data, from.Index, to.Index, out var first, out var second);
        if (copies > 0)
        {
            Schedule(first, Arrive);
        }

        if (copies > 1)
        {
            Coverage.Hit(Mark.NeighborTwice);

            // A connection that stalls may deliver what it holds when everybody has forgotten it.
            Schedule(second + (NetworkRandom.Chance(300_000) ? NetworkRandom.Between(0, 60 * Second) : 0), Arrive);
        }

        void Arrive()
        {
            if (!to.IsUp)
            {
                Back(null);
                return;
            }

            Queue.Add(NowNs, new SimEvent(EventKind.Local, to.Index, 0, () => handle(to, Back), 0));
        }

        void Back(T? answer)
        {
            if (answer is not null && !Goes(to, from, answer, () => Finish(answer)))
            {
                return;
            }

            if (Network.Route(NetworkKind.Data, to.Index, from.Index, out var delay, out _) > 0)
            {
                Queue.Add(NowNs + delay, new SimEvent(EventKind.Local, from.Index, process, () => Finish(answer), 0));
            }
        }

        void Finish(T? answer)
        {
            if (!isDone)
            {
                isDone = true;
                answered(answer);
            }
        }
    }

    private bool Goes(SimNode from, SimNode to, object message, Action arrive)
    {
        var fate = NeighborTap?.Invoke(from, to, message) ?? NeighborFate.Deliver;
        if (fate is NeighborFate.Hold or NeighborFate.Copy)
        {
            Note($"HELD from {from} to {to}: {message}");
            HeldNeighbors.Add(new HeldNeighbor(from, to, message, arrive));
        }

        return fate is NeighborFate.Deliver or NeighborFate.Copy;
    }
}

/// <summary>What becomes of a message between targets.</summary>
public enum NeighborFate
{
    Deliver,
    Lose,

    /// <summary>It waits until the script lets it arrive.</summary>
    Hold,

    /// <summary>It arrives, and again when the script says so.</summary>
    Copy,
}

/// <summary>A message that a script keeps.</summary>
public sealed record HeldNeighbor(SimNode From, SimNode To, object Message, Action Arrive);
