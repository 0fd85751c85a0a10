using Starling.Core.Names;
using Starling.Protocol.State;
using Starling.Simulation.Engine;
using Starling.Simulation.Network;

namespace Starling.Simulation.World;

/// <summary>Questions from target to target on the data network: lost, late, twice, out of order.</summary>
public sealed partial class SimWorld
{
    /// <summary>Longer than any answer takes that is worth waiting for.</summary>
    public const long NeighborTimeoutNs = 3 * Second;

    /// <summary>Sees every question between targets; false: it is lost.</summary>
    public Func<SimNode, SimNode, object, bool>? NeighborTap { get; set; }

    /// <summary>Whether this target may pass now: automatic rebalance is on, or an operation asks (rule B9).</summary>
    public bool MayPass(SimNode node, ClusterState state) => IsHealed || MayPassWhen?.Invoke(node, state) != false;

    /// <summary>A script or a seed that holds passes back; null: always.</summary>
    public Func<SimNode, ClusterState, bool>? MayPassWhen { get; set; }

    /// <summary>A question that a script held back arrives now.</summary>
    public void DeliverNeighbor<T>(SimNode to, Action<SimNode, Action<T>> handle, Action<T> reply) =>
        Queue.Add(NowNs, new SimEvent(EventKind.Local, to.Index, 0, () => handle(to, reply), 0));

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
        if (to is null || (NeighborTap is { } tap && !tap(from, to, question)))
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
}
