using System.Collections.Immutable;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Protocol.Membership;
using Starling.Protocol.Node;
using Starling.Protocol.State.Commands;

namespace Starling.Protocol.Bootstrap;

/// <summary>How a node without a cluster comes to one (rule A9): two ways to form one, and in every other case it waits, and says for what.</summary>
internal sealed class Founding
{
    private const long AskNs = 500_000_000;
    private const long CountsNs = 2_000_000_000;
    private const long LookAroundNs = 1_000_000_000;

    private readonly NodeContext node;
    private readonly Raft raft;
    private readonly Joiner joiner;
    private readonly BootstrapOptions options;
    private readonly bool emptyDirectory;
    private readonly SortedDictionary<NodeId, Seen> free = [];
    private readonly SortedDictionary<string, (string ClusterId, long AtNs)> clusters = new(StringComparer.Ordinal);
    private readonly SortedSet<string> places = new(StringComparer.Ordinal);
    private readonly SortedSet<NodeId> consents = [];
    private long askAtNs;
    private long proposedNs;
    private long proposeAgainNs;

    public Founding(NodeContext node, Raft raft, Joiner joiner, NodeStart start)
    {
        this.node = node;
        this.raft = raft;
        this.joiner = joiner;
        options = start.Bootstrap;
        Record = start.Restored.Bootstrap;
        askAtNs = node.NowNs;
        proposedNs = node.NowNs;
        emptyDirectory = !start.Restored.LogWasLost && start.Restored.RememberedAddresses.IsEmpty && raft.Log.LastIndex == 0;
        if (IsProposer)
        {
            consents.Add(node.Self.Id);
        }

        foreach (var address in start.Bootstrap.Seeds.AddRange(start.Restored.RememberedAddresses))
        {
            AddPlace(address);
            joiner.AddPlace(address);
        }
    }

    /// <summary>The durable memory.</summary>
    public BootstrapRecord Record { get; private set; }

    public bool IsActive => node.ClusterId.Length == 0;

    private bool IsElectableGateway => node.Facts is { Role: NodeRole.Gateway, Electable: true };

    private bool HasConsented => Record.Phase == BootstrapPhase.Consented;

    private bool IsFree => IsActive && IsElectableGateway && emptyDirectory && !HasConsented && options.Expect > 0;

    private bool IsProposer => HasConsented && Record.Proposal!.Proposer.Member == node.Self.Member;

    /// <summary>What it waits for; null when it has a cluster.</summary>
    public string? Waiting { get; private set; }

    public void Tick()
    {
        if (!IsActive)
        {
            Say(null);
            return;
        }

        if (node.NowNs >= askAtNs)
        {
            askAtNs = node.NowNs + AskNs;
            Discover();
            AskAboutConsent();
        }

        if (IsFree)
        {
            TryPropose();
        }
        else if (IsProposer && node.NowNs - proposedNs >= node.Settings.ConsentNs)
        {
            Withdraw();
        }

        Say(Describe());
    }

    private void Discover()
    {
        var message = new DiscoverRequest(node.Facts, options.Expect, IsFree, [.. places]);
        foreach (var address in places)
        {
            node.SendTo(address, default, Incarnation.None, message);
        }
    }

    private string? ReachableCluster()
    {
        foreach (var (address, (clusterId, atNs)) in clusters)
        {
            if (node.NowNs - atNs <= 2 * CountsNs)
            {
                return $"cluster {clusterId} (at {address})";
            }
        }

        return null;
    }

    private void TryPropose()
    {
        if (ReachableCluster() is not null || node.NowNs < proposeAgainNs || (places.Count > 0 && node.NowNs - node.StartedNs < LookAroundNs))
        {
            return;
        }

        var founders = new SortedDictionary<NodeId, Founder> { [node.Self.Id] = new(node.Self, node.Facts) };
        foreach (var (id, seen) in free)
        {
            if (node.NowNs - seen.AtNs <= CountsNs && seen.Expect == options.Expect && seen.IsFree)
            {
                founders[id] = seen.Founder;
            }
        }

        var chosen = founders.Values.Take(options.Expect).ToImmutableArray();
        if (chosen.Length < options.Expect || chosen[0].Identity != node.Self)
        {
            return;
        }

        Propose(chosen);
    }

    private void Propose(ImmutableArray<Founder> founders)
    {
        var proposal = new BootstrapProposal(node.Random.NextWide(), NewClusterId(), node.Self, founders) { CreatedNs = node.WallNs };
        proposedNs = node.NowNs;
        consents.Clear();
        Write(new BootstrapRecord(BootstrapPhase.Consented, proposal));
        node.Disk.Then(() =>
        {
            if (Record.Proposal == proposal && HasConsented)
            {
                consents.Add(node.Self.Id);
                AskForConsents();
                FormIfComplete();
            }
        });
    }

    private void AskForConsents()
    {
        foreach (var founder in Record.Proposal!.Founders)
        {
            if (!consents.Contains(founder.Identity.Id))
            {
                node.SendTo(founder.Facts.Addresses.Control, founder.Identity.Id, founder.Identity.Incarnation, new ConsentRequest(Record.Proposal));
            }
        }
    }

    /// <summary>The proposer asks for what is missing; everybody else asks the proposer what became of it.</summary>
    private void AskAboutConsent()
    {
        if (IsProposer)
        {
            AskForConsents();
        }
        else if (HasConsented)
        {
            var proposer = Record.Proposal!.Founders.First(f => f.Identity.Id == Record.Proposal.Proposer.Id);
            node.SendTo(proposer.Facts.Addresses.Control, proposer.Identity.Id, proposer.Identity.Incarnation, new ProposalStatusRequest(Record.Proposal.ProposalId));
        }
    }

    private void FormIfComplete()
    {
        if (!IsProposer || consents.Count < Record.Proposal!.Founders.Length)
        {
            return;
        }

        Form();
        node.Disk.Then(() =>
        {
            raft.LeadFirstTerm();
            foreach (var founder in Record.Proposal!.Founders)
            {
                node.SendTo(founder.Facts.Addresses.Control, founder.Identity.Id, founder.Identity.Incarnation, new ProposalStatus(Record.Proposal.ProposalId, BootstrapPhase.Formed));
            }
        });
    }

    /// <summary>The proposal became a cluster; every founder lays the same first entries.</summary>
    private void Form()
    {
        var proposal = Record.Proposal!;
        Write(new BootstrapRecord(BootstrapPhase.Formed, proposal));
        node.ClusterId = proposal.ClusterId;
        foreach (var founder in proposal.Founders)
        {
            node.Book.Set(founder.Identity.Id, founder.Facts.Addresses.Control);
        }

        var size = Quorum.DesiredVoters(proposal.Founders.Length, node.Settings.MaxVoters);
        var voters = new VoterSet([.. proposal.Founders.Take(Math.Max(size, Math.Min(2, proposal.Founders.Length))).Select(f => f.Identity.Member).Order()]);
        var members = proposal.Founders.Select(f => new FoundingMember(f.Identity.Id, f.Facts.Role, f.Identity.Incarnation, f.Facts.Addresses, f.Facts.Electable)).ToImmutableArray();
        raft.Found(proposal.Proposer, voters, new FormCluster(proposal.ClusterId, proposal.CreatedNs, members));
        Say(null);
    }

    /// <summary>Anybody who speaks in the name of the proposed cluster proves that it was formed.</summary>
    public void Proof(string clusterId)
    {
        if (IsActive && HasConsented && Record.Proposal!.ClusterId == clusterId)
        {
            Form();
        }
    }

    /// <summary>A leader that knows this incarnation has admitted it: from now on this is its cluster, unless a consent stands against it.</summary>
    public bool Adopt(string clusterId)
    {
        Proof(clusterId);
        if (IsActive && !HasConsented)
        {
            node.ClusterId = clusterId;
            node.ViewChanged = true;
        }

        return node.ClusterId == clusterId;
    }

    private void Withdraw()
    {
        var proposal = Record.Proposal!;
        proposeAgainNs = node.NowNs + AskNs;
        Write(new BootstrapRecord(BootstrapPhase.Withdrawn, proposal));
        node.Disk.Then(() =>
        {
            foreach (var founder in proposal.Founders)
            {
                node.SendTo(founder.Facts.Addresses.Control, founder.Identity.Id, founder.Identity.Incarnation, new ProposalStatus(proposal.ProposalId, BootstrapPhase.Withdrawn));
            }
        });
    }

    public void Request(InitRequested input)
    {
        var refusal = WhyNotInit(input.DiscardPending);
        if (refusal is not null)
        {
            node.Answer(input.LocalRequestId, null, refusal);
            return;
        }

        Write(new BootstrapRecord(BootstrapPhase.Consented, new BootstrapProposal(node.Random.NextWide(), NewClusterId(), node.Self, [new Founder(node.Self, node.Facts)]) { CreatedNs = node.WallNs }));
        Form();
        node.Disk.Then(() =>
        {
            raft.LeadFirstTerm();
            node.Answer(input.LocalRequestId, null, null);
        });
    }

    private StoreError? WhyNotInit(bool discardPending)
    {
        if (!IsActive)
        {
            return new StoreError(ErrorCode.Conflict, $"node {node.Self.Id} belongs to cluster {node.ClusterId} already");
        }

        if (!IsElectableGateway)
        {
            return new StoreError(ErrorCode.Invalid, $"node {node.Self.Id} is not an electable gateway: send cluster init to one");
        }

        if (!emptyDirectory)
        {
            return new StoreError(ErrorCode.Conflict, $"node {node.Self.Id} was a member before and its log is lost: it joins its cluster again, or give it an empty directory");
        }

        if (ReachableCluster() is { } cluster)
        {
            return new StoreError(ErrorCode.Conflict, $"{cluster} is reachable: this node joins it instead of forming a second one");
        }

        return HasConsented && !discardPending
            ? new StoreError(ErrorCode.Conflict, $"{Pending()}; if that node died for good, repeat with --discard-pending")
            : null;
    }

    public void On(NodeIdentity from, string fromAddress, string clusterId, DiscoverRequest request)
    {
        if (from.Id == node.Self.Id)
        {
            return;
        }

        if (IsActive)
        {
            Note(from, fromAddress, clusterId, request.Facts, request.Expect, request.Free, request.Known);
        }

        var known = IsActive ? [.. places] : node.Book.Peers.Take(16).Select(p => p.Address).ToImmutableArray();
        node.SendTo(fromAddress, from.Id, from.Incarnation, new DiscoverResponse(node.Facts, options.Expect, IsFree, known));
    }

    public void On(NodeIdentity from, string fromAddress, string clusterId, DiscoverResponse response)
    {
        if (IsActive && from.Id != node.Self.Id)
        {
            Note(from, fromAddress, clusterId, response.Facts, response.Expect, response.Free, response.Known);
        }
    }

    private void Note(NodeIdentity from, string fromAddress, string clusterId, NodeFacts facts, int expect, bool isFree, ImmutableArray<string> known)
    {
        AddPlace(fromAddress);
        foreach (var address in known)
        {
            AddPlace(address);
        }

        if (clusterId.Length > 0)
        {
            clusters[fromAddress] = (clusterId, node.NowNs);
            joiner.AddPlace(fromAddress);
            foreach (var address in known)
            {
                joiner.AddPlace(address);
            }
        }
        else
        {
            clusters.Remove(fromAddress);
            free[from.Id] = new Seen(new Founder(from, facts), expect, isFree, node.NowNs);
        }
    }

    public void On(NodeIdentity from, string fromAddress, ConsentRequest request)
    {
        var proposal = request.Proposal;
        var again = HasConsented && Record.Proposal!.ProposalId == proposal.ProposalId;
        var reason = again ? string.Empty
            : !IsActive ? $"belongs to cluster {node.ClusterId}"
            : HasConsented ? Pending()
            : !IsFree ? "does not form clusters (not an electable gateway with an empty directory and --bootstrap-expect)"
            : ReachableCluster() is { } cluster ? $"can reach {cluster}"
            : !proposal.Founders.Any(f => f.Identity == node.Self) || proposal.Founders.Length != options.Expect ? "is not meant by the proposal"
            : string.Empty;
        var response = new ConsentResponse(proposal.ProposalId, reason.Length == 0, reason);
        if (reason.Length == 0 && !again)
        {
            Write(new BootstrapRecord(BootstrapPhase.Consented, proposal));
        }

        node.Disk.Then(() => node.SendTo(fromAddress, from.Id, from.Incarnation, response));
    }

    public void On(NodeIdentity from, ConsentResponse response)
    {
        if (!IsActive || !IsProposer || Record.Proposal!.ProposalId != response.ProposalId)
        {
            return;
        }

        if (!response.Granted)
        {
            Withdraw();
        }
        else if (Record.Proposal.Founders.Any(f => f.Identity.Member == from.Member))
        {
            consents.Add(from.Id);
            FormIfComplete();
        }
    }

    public void On(NodeIdentity from, string fromAddress, ProposalStatusRequest request)
    {
        // Asked is who proposed it, and this incarnation decided all its proposals itself: one that is not in its record any more was withdrawn,
        // for it proposes or consents anew only after that, and after forming never.
        var phase = Record.Proposal is null ? BootstrapPhase.None : Record.Proposal.ProposalId == request.ProposalId ? Record.Phase : BootstrapPhase.Withdrawn;
        node.Disk.Then(() => node.SendTo(fromAddress, from.Id, from.Incarnation, new ProposalStatus(request.ProposalId, phase)));
    }

    public void On(NodeIdentity from, ProposalStatus status)
    {
        if (!IsActive || !HasConsented || IsProposer || Record.Proposal!.ProposalId != status.ProposalId || from.Member != Record.Proposal.Proposer.Member)
        {
            return;
        }

        if (status.Phase == BootstrapPhase.Formed)
        {
            Form();
        }
        else if (status.Phase == BootstrapPhase.Withdrawn)
        {
            Write(new BootstrapRecord(BootstrapPhase.Withdrawn, Record.Proposal));
        }
    }

    private void Write(BootstrapRecord record)
    {
        Record = record;
        node.Disk.Write(record);
    }

    private void AddPlace(string address)
    {
        if (address.Length > 0 && address != node.Facts.Addresses.Control && places.Count < 256)
        {
            places.Add(address);
        }
    }

    private string Pending() =>
        $"consented to the cluster that {Record.Proposal!.Proposer.Id} proposed together with {string.Join(", ", Record.Proposal.Founders.Select(f => f.Identity.Id))}, and waits until it is formed or withdrawn";

    private string Describe()
    {
        if (HasConsented)
        {
            return Pending();
        }

        if (ReachableCluster() is { } cluster)
        {
            return $"joins {cluster}: {joiner.Waiting}";
        }

        if (!emptyDirectory)
        {
            return $"was a member before and its log is lost: asks {Asked()} for its cluster";
        }

        if (options.Expect > 0 && IsElectableGateway)
        {
            var there = 1 + free.Values.Count(s => s.IsFree && s.Expect == options.Expect && node.NowNs - s.AtNs <= CountsNs);
            return $"{there} of {options.Expect} gateways with empty directories are there to form a cluster; asks {Asked()}";
        }

        return IsElectableGateway
            ? $"no cluster yet: send \"ais cluster init\" to one gateway; asks {Asked()}"
            : $"no cluster reachable yet; asks {Asked()}";
    }

    private string Asked() => places.Count == 0 ? "nobody, no --join is given" : string.Join(", ", places);

    private void Say(string? text)
    {
        if (Waiting != text)
        {
            Waiting = text;
            node.ViewChanged = true;
        }
    }

    private string NewClusterId()
    {
        const string Letters = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
        return string.Concat(Enumerable.Range(0, 12).Select(_ => Letters[(int)node.Random.Next(Letters.Length - 1)]));
    }

    private sealed record Seen(Founder Founder, int Expect, bool IsFree, long AtNs);
}
