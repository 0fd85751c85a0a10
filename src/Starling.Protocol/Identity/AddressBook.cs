using Starling.Core.Names;
using Starling.Protocol.State;

namespace Starling.Protocol.Identity;

/// <summary>What is known of the way to one node.</summary>
internal sealed class Peer(NodeId id, string address)
{
    public NodeId Id { get; } = id;

    /// <summary>Control address in use.</summary>
    public string Address { get; set; } = address;

    /// <summary>Until then the direct way counts as failing and messages take a hop (rule A6).</summary>
    public long FailingUntilNs { get; set; }

    /// <summary>When the direct way was tried last although it counts as failing.</summary>
    public long DirectTryNs { get; set; }

    /// <summary>A running or decided question whether the old address still answers as this id (rule A8).</summary>
    public Challenge? Challenge { get; set; }
}

/// <summary>"A new address counts only if the old one no longer answers as that id."</summary>
internal sealed class Challenge(long number, string oldAddress, string newAddress, NodeIdentity newcomer, long sentNs)
{
    /// <summary>How long an answer is waited for, and how long the finding counts.</summary>
    public const long WaitNs = 1_500_000_000;

    public const long CountsNs = 4_000_000_000;

    public long Number { get; } = number;

    public string OldAddress { get; } = oldAddress;

    public string NewAddress { get; } = newAddress;

    public NodeIdentity Newcomer { get; } = newcomer;

    public long SentNs { get; } = sentNs;

    /// <summary>Somebody else answered at the old address.</summary>
    public bool Answered { get; set; }

    public ChallengeState StateAt(long nowNs) =>
        Answered ? ChallengeState.StillAnswers : nowNs - SentNs >= WaitNs ? ChallengeState.Silent : ChallengeState.Waiting;
}

internal enum ChallengeState
{
    Waiting,
    Silent,
    StillAnswers,
}

/// <summary>Control addresses of the members by gossip and by the committed state. Sorted, so that iteration is the same everywhere.</summary>
internal sealed class AddressBook
{
    private readonly SortedList<NodeId, Peer> peers = [];

    public IList<Peer> Peers => peers.Values;

    /// <summary>Changes whenever an address does.</summary>
    public int Version { get; private set; }

    public Peer? Find(NodeId id) => peers.GetValueOrDefault(id);

    public void Set(NodeId id, string address)
    {
        if (id.IsNone || address.Length == 0)
        {
            return;
        }

        if (!peers.TryGetValue(id, out var peer))
        {
            peers.Add(id, new Peer(id, address));
            Version++;
        }
        else if (peer.Address != address)
        {
            peer.Address = address;
            peer.FailingUntilNs = 0;
            Version++;
        }
    }

    /// <summary>Takes over the committed addresses that changed between two states.</summary>
    public void Follow(ClusterState before, ClusterState after)
    {
        if (ReferenceEquals(before.Nodes, after.Nodes))
        {
            return;
        }

        foreach (var (id, entry) in after.Nodes)
        {
            if (before.Node(id)?.Addresses.Control != entry.Addresses.Control)
            {
                Set(id, entry.Addresses.Control);
            }
        }
    }
}
