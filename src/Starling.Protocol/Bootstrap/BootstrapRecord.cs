using System.Collections.Immutable;
using Starling.Protocol.Identity;

namespace Starling.Protocol.Bootstrap;

/// <summary>A founder of a cluster.</summary>
/// <param name="Identity">The process that was seen.</param>
/// <param name="Facts">What it said of itself.</param>
public sealed record Founder(NodeIdentity Identity, NodeFacts Facts);

/// <summary>A proposed cluster (rule A9).</summary>
/// <param name="ProposalId">Random.</param>
/// <param name="ClusterId">The id that the cluster will have.</param>
/// <param name="Proposer">Who decides whether it is formed or withdrawn.</param>
/// <param name="Founders">Sorted by id; the first voters.</param>
public sealed record BootstrapProposal(UInt128 ProposalId, string ClusterId, NodeIdentity Proposer, ImmutableArray<Founder> Founders)
{
    /// <summary>The proposer's wall clock, nanoseconds since 1970, for display.</summary>
    public long CreatedNs { get; init; }
}

/// <summary>How far the forming of a cluster has come on this node.</summary>
public enum BootstrapPhase
{
    /// <summary>Nothing is pending.</summary>
    None,

    /// <summary>This node consented to a proposal (its own or another's) and gives no other consent until it is formed or withdrawn.</summary>
    Consented,

    /// <summary>The proposal became a cluster.</summary>
    Formed,

    /// <summary>The proposer withdrew it; kept so that a late question is answered.</summary>
    Withdrawn,
}

/// <summary>The durable memory of rule A9.</summary>
/// <param name="Phase">How far.</param>
/// <param name="Proposal">Which proposal; null for <see cref="BootstrapPhase.None"/>.</param>
public sealed record BootstrapRecord(BootstrapPhase Phase, BootstrapProposal? Proposal)
{
    /// <summary>Nothing is pending.</summary>
    public static BootstrapRecord None { get; } = new(BootstrapPhase.None, null);
}

/// <summary>How this node may come into a cluster.</summary>
/// <param name="Seeds">Control addresses to ask (`--join`, original and discovery URL): places to ask, never reasons to form a cluster.</param>
/// <param name="Expect">`--bootstrap-expect`: number of empty gateways that form a cluster together; 0: this node only joins.</param>
public sealed record BootstrapOptions(ImmutableArray<string> Seeds, int Expect)
{
    /// <summary>Waits for `cluster init`.</summary>
    public static BootstrapOptions None { get; } = new([], 0);
}
