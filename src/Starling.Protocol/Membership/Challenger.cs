using Starling.Core.Names;
using Starling.Protocol.Identity;
using Starling.Protocol.Node;

namespace Starling.Protocol.Membership;

/// <summary>Asks the old address of an id before a new one counts (rule A8).</summary>
internal sealed class Challenger(NodeContext node)
{
    private long lastNumber = long.MinValue / 4;

    /// <summary>
    /// Whether the process at this address may speak for its id. A first sight, or the address in use, may; else the old address is asked, and until it has
    /// been silent for long enough the newcomer may not.
    /// </summary>
    public ChallengeState Look(NodeIdentity from, string address, string knownAddress)
    {
        if (knownAddress == address)
        {
            return ChallengeState.Silent;
        }

        var peer = node.Book.Find(from.Id);
        if (peer is null)
        {
            node.Book.Set(from.Id, knownAddress);
            peer = node.Book.Find(from.Id)!;
        }

        if (peer.Challenge is not { } running || running.NewAddress != address || running.OldAddress != knownAddress || node.NowNs - running.SentNs > Challenge.CountsNs)
        {
            // The process asks under its own name: an old address that leads to the very same process is no second one.
            peer.Challenge = new Challenge(++lastNumber, knownAddress, address, from, node.NowNs);
            node.SendTo(knownAddress, from.Id, Incarnation.None, new ProbeRequest(lastNumber, from.Id));
            return knownAddress == node.Facts.Addresses.Control && from.Id == node.Self.Id ? ChallengeState.StillAnswers : ChallengeState.Waiting;
        }

        return running.StateAt(node.NowNs);
    }

    /// <summary>Whether an envelope's sender may be listened to; takes over its address once the old one is silent.</summary>
    public bool MaySpeak(NodeIdentity from, string address)
    {
        if (node.Book.Find(from.Id) is not { } peer || peer.Address == address)
        {
            node.Book.Set(from.Id, address);
            return true;
        }

        if (Look(from, address, peer.Address) != ChallengeState.Silent)
        {
            return false;
        }

        node.Book.Set(from.Id, address);
        return true;
    }

    public void On(NodeIdentity from, ProbeResponse response)
    {
        if (node.Book.Find(from.Id)?.Challenge is { } challenge && challenge.Number == response.Number && from != challenge.Newcomer)
        {
            challenge.Answered = true;
        }
    }
}
