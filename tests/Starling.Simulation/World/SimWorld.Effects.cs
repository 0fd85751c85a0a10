using Starling.Protocol.Consensus;
using Starling.Protocol.Node;
using Starling.Protocol.State;
using Starling.Simulation.Engine;
using Starling.Simulation.Network;

namespace Starling.Simulation.World;

/// <summary>What the driver of a node does: the simulated twin of the control loop.</summary>
public sealed partial class SimWorld
{
    private const long SendTimeoutNs = 1_500 * Millisecond;

    private void Execute(SimNode node, EffectList effects, object? cause)
    {
        if (Options.Log is not null)
        {
            if (effects.Count > 0 || cause is not null)
            {
                Note($"{node.Name,-4} <- {(cause is Envelope envelope ? $"{envelope.From.Id}{(envelope.Relay ? " (relay)" : string.Empty)} {envelope.Message}" : cause ?? "tick or flush")}");
            }
        }

        foreach (var effect in effects.AsSpan())
        {
            if (Options.Log is not null)
            {
                Note($"{node.Name,-4}    {Describe(effect)}");
            }

            switch (effect)
            {
                case Send send:
                    Route(node, send);
                    break;
                case Persist persist:
                    Trace.Add(persist.Token);
                    Checks.BeforeWrite(node, persist.Batch);
                    node.Disk.Write(persist.Token, persist.Batch);
                    BeginFlush(node);
                    break;
                case Publish publish:
                    Published(node, publish.View);
                    break;
                case Answer answer:
                    Answered(node, answer);
                    break;
                case AnswerRead answer:
                    AnsweredRead(node, answer);
                    break;
                case AnswerSafety answer:
                    (node.Gateway ?? throw NoServices(node)).AnsweredSafety(answer);
                    break;
                case ProbeData probe:
                    Probe(node, probe);
                    break;
                case Halt halt:
                    throw new CheckFailedException("no halt", $"{node.Name} halted: {halt.Reason}");
            }
        }
    }

    private static string Describe(Effect effect) => effect switch
    {
        Send send => $"-> {send.Address} {send.Envelope.Message}",
        Publish publish =>
            $"publish {publish.View.Role} term {publish.View.Term} commit {publish.View.CommitIndex} applied {publish.View.AppliedIndex} leader {publish.View.Leader?.Id} ready {publish.View.LeaderReady} waiting {publish.View.Waiting}",
        Persist persist => $"persist {persist.Token}: {Describe(persist.Batch)}",
        _ => effect.ToString() ?? string.Empty,
    };

    private static string Describe(PersistBatch batch) =>
        (batch.NewIncarnation is null ? string.Empty : $"incarnation {batch.NewIncarnation} ")
        + (batch.Snapshot is null ? string.Empty : $"snapshot {batch.Snapshot.Index} keep from {batch.KeepFrom} ")
        + (batch.HardState is null ? string.Empty : $"term {batch.HardState.Term} vote {batch.HardState.VotedFor?.Id} ")
        + (batch.TruncateFrom == 0 ? string.Empty : $"truncate from {batch.TruncateFrom} ")
        + (batch.Entries.IsEmpty ? string.Empty : $"entries {string.Join(' ', batch.Entries.Select(e => $"{e.Index}/{e.Term} {e.Kind} {e.Command?.GetType().Name}"))} ")
        + (batch.Bootstrap is null ? string.Empty : $"bootstrap {batch.Bootstrap.Phase}");

    private void BeginFlush(SimNode node)
    {
        var token = node.Disk.BeginFlush();
        if (token != 0)
        {
            var latency = DiskRandom.Between(100_000, 2 * Millisecond) + node.SlowFlushNs;
            Queue.Add(NowNs + latency, new SimEvent(EventKind.Flushed, node.Index, node.Process, null, token));
        }
    }

    private void Route(SimNode from, Send send)
    {
        if (!_byAddress.TryGetValue(send.Address, out var to))
        {
            Queue.Add(NowNs + SendTimeoutNs, new SimEvent(EventKind.SendFailed, from.Index, from.Process, send, 0));
            return;
        }

        Tap?.Invoke(from, send.Envelope);
        Checks.OnSend(from, send.Envelope);
        if (Drop?.Invoke(from, send.Envelope) == true)
        {
            return;
        }

        if (send.Envelope.Relay)
        {
            Coverage.Hit(Mark.Relayed);
        }

        Trace.Add(to);
        var copies = Network.Route(NetworkKind.Control, from.Index, to, out var first, out var second);
        if (copies > 0)
        {
            Queue.Add(NowNs + first, new SimEvent(EventKind.Deliver, to, 0, send.Envelope, from.Index));
        }

        if (copies > 1)
        {
            Queue.Add(NowNs + second, new SimEvent(EventKind.Deliver, to, 0, send.Envelope, -1));
        }

        // The transport waits for the other side's acknowledgement: a cut in either direction is noticed, though the message may have arrived.
        if (copies == 0 || Network.IsCut(NetworkKind.Control, to, from.Index))
        {
            Queue.Add(NowNs + SendTimeoutNs, new SimEvent(EventKind.SendFailed, from.Index, from.Process, send, 0));
        }
    }

    // Nobody listens at the address: the sender learns it one way later.
    private void Refused(in SimEvent item)
    {
        if (item.Number < 0)
        {
            return;
        }

        var sender = Nodes[(int)item.Number];
        if (sender.IsUp && !Network.IsCut(NetworkKind.Control, item.Node, sender.Index))
        {
            var send = new Send(Nodes[item.Node].Addresses.Control, (Envelope)item.Payload!);
            Queue.Add(NowNs + (500 * 1_000), new SimEvent(EventKind.SendFailed, sender.Index, sender.Process, send, 0));
        }
    }

    private void Probe(SimNode node, ProbeData probe)
    {
        var reachable = false;
        long delay = 2 * Second;
        if (_byAddress.TryGetValue(probe.Address, out var to))
        {
            var there = Network.Route(NetworkKind.Data, node.Index, to, out var first, out _);
            var back = Network.Route(NetworkKind.Data, to, node.Index, out var second, out _);
            var other = Nodes[to];
            reachable = there > 0 && back > 0 && other is { IsUp: true, IsPaused: false } && other.Id == probe.Node && first + second < delay;
            delay = reachable ? first + second : other.IsUp ? delay : Millisecond;
        }

        Queue.Add(NowNs + delay, new SimEvent(EventKind.DataProbed, node.Index, node.Process, new DataProbed(probe.Node, reachable), 0));
    }

    private void Published(SimNode node, NodePublication view)
    {
        var before = node.View;
        node.View = view;
        Trace.Add(view.Term);
        Trace.Add(view.AppliedIndex);
        Trace.Add(((long)view.Role << 32) ^ view.CommitIndex);
        if (!view.Addresses.IsDefault && before?.Addresses != view.Addresses && view.ClusterId.Length > 0)
        {
            node.Disk.Remembered = [.. view.Addresses.Select(a => a.Value).Where(a => a != node.Addresses.Control)];
        }

        Checks.OnPublication(node, before, view);
        Obey(node, view);
        if (before is null || !ReferenceEquals(before.State, view.State) || !ReferenceEquals(before.Lease, view.Lease) || before.SessionApplied != view.SessionApplied)
        {
            node.Target?.ViewChanged();
            node.Gateway?.ViewChanged();
        }
    }
}
