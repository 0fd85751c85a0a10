using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Protocol.Operations;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;

namespace Starling.Protocol.Node;

/// <summary>What the machines of one node share: time, randomness, identity, the applied state, and the way out.</summary>
internal sealed class NodeContext
{
    private readonly List<Effect> answers = [];
    private readonly List<Effect> sends = [];
    private int relayTurn;

    public NodeContext(NodeStart start)
    {
        Facts = start.Facts;
        Settings = start.Settings;
        Codec = start.Codec ?? WholeStateCodec.Instance;
        Random = new SeededRandom(start.Seed);
        Self = new NodeIdentity(start.Facts.Id, start.Restored.Incarnation, start.Session);
        NowNs = start.NowNs;
        WallNs = start.WallNs;
        StartedNs = start.NowNs;
        State = start.Restored.Snapshot.State;
        ClusterId = State.IsFormed ? State.ClusterId : start.ClusterId;
        Book.Follow(ClusterState.Empty, State);
    }

    public NodeFacts Facts { get; }

    public NodeSettings Settings { get; }

    public ISnapshotCodec Codec { get; }

    public SeededRandom Random { get; }

    public NodeIdentity Self { get; set; }

    public long NowNs { get; set; }

    public long WallNs { get; set; }

    public long StartedNs { get; }

    /// <summary>Committed and applied.</summary>
    public ClusterState State { get; set; }

    /// <summary>Known before the state says it: a node that is being admitted has not applied anything yet.</summary>
    public string ClusterId { get; set; }

    public AddressBook Book { get; } = new();

    /// <summary>Control address of a node by entries of the log that are not applied yet; null when none names it.</summary>
    public Func<NodeId, string?> AddressInLog { get; set; } = _ => null;

    public required PersistQueue Disk { get; init; }

    /// <summary>Something that the view shows has changed.</summary>
    public bool ViewChanged { get; set; } = true;

    public bool Stopping { get; set; }

    /// <summary>A broken invariant: the node goes no further.</summary>
    public string? Halted { get; private set; }

    public void Halt(string reason) => Halted ??= reason;

    /// <summary>Number of a wish of the core itself: nobody waits for its answer.</summary>
    public const long NobodyWaits = long.MinValue;

    public void Answer(long localId, CommandOutcome? outcome, StoreError? error)
    {
        if (localId != NobodyWaits)
        {
            answers.Add(new Answer(localId, outcome, error));
        }
    }

    public void AnswerRead(long localId, long? index) => answers.Add(new AnswerRead(localId, index));

    public void AnswerSafety(long localId, SafetyVerdict verdict) => answers.Add(new AnswerSafety(localId, verdict));

    public void Probe(NodeId id, string dataAddress) => sends.Add(new ProbeData(id, dataAddress));

    /// <summary>To an address whose owner is not known (joins, bootstrap, probes): never relayed.</summary>
    public void SendTo(string address, NodeId to, Incarnation incarnation, Message message)
    {
        if (address.Length > 0 && address != Facts.Addresses.Control)
        {
            sends.Add(new Send(address, Wrap(to, incarnation, message)));
        }
    }

    /// <summary>To a member; over another one while the direct way fails (rule A6).</summary>
    public void Send(Member to, Message message)
    {
        if (Find(to.Id) is not { } peer)
        {
            return;
        }

        var envelope = Wrap(to.Id, to.Incarnation, message);
        if (peer.FailingUntilNs > NowNs && RelayFor(to.Id) is { } relay)
        {
            sends.Add(new Send(relay.Address, envelope with { Relay = true }));

            // A relay may be a black hole, and the cut may be over: the direct way is tried beside it now and then.
            if (message is not HeartbeatRequest && NowNs - peer.DirectTryNs < Settings.HeartbeatNs / 2)
            {
                return;
            }

            peer.DirectTryNs = NowNs;
        }

        sends.Add(new Send(peer.Address, envelope));
    }

    // A voter counts from the moment its entry is appended (rule A2), which may be long before its admission is applied here: after a restart of
    // everybody nothing is applied until somebody is elected. An address is gossip, so the log will do.
    private Peer? Find(NodeId id)
    {
        if (Book.Find(id) is null && AddressInLog(id) is { } address)
        {
            Book.Set(id, address);
        }

        return Book.Find(id);
    }

    /// <summary>After everything written so far is on the disk.</summary>
    public void SendDurable(Member to, Message message) => Disk.Then(() => Send(to, message));

    /// <summary>A second try over another member, for a message that could not be delivered directly.</summary>
    public void Reroute(Envelope envelope)
    {
        if (RelayFor(envelope.To) is { } relay)
        {
            sends.Add(new Send(relay.Address, envelope with { Relay = true }));
        }
    }

    /// <summary>Passes on what somebody else could not deliver.</summary>
    public void Forward(Envelope envelope)
    {
        if (Book.Find(envelope.To) is { } peer)
        {
            sends.Add(new Send(peer.Address, envelope with { Relay = false, Relayed = true }));
        }
    }

    public void TakeEffects(List<Effect> into)
    {
        into.AddRange(answers);
        into.AddRange(sends);
        answers.Clear();
        sends.Clear();
    }

    private Envelope Wrap(NodeId to, Incarnation incarnation, Message message) =>
        new(ClusterId, Self, Facts.Addresses.Control, to, incarnation, State.Newest.Number, State.AppliedIndex, message)
        {
            FeatureLevel = Settings.HighestFeatureLevel,
        };

    private Peer? RelayFor(NodeId to)
    {
        var peers = Book.Peers;
        for (var i = 0; i < peers.Count; i++)
        {
            relayTurn = relayTurn + 1 >= peers.Count ? 0 : relayTurn + 1;
            var peer = peers[relayTurn];
            if (peer.Id != to && peer.Id != Self.Id && peer.FailingUntilNs <= NowNs && State.Nodes.ContainsKey(peer.Id))
            {
                return peer;
            }
        }

        return null;
    }
}
