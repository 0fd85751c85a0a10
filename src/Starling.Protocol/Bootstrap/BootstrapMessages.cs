using System.Collections.Immutable;
using Starling.Protocol.Identity;
using Starling.Protocol.Node;

namespace Starling.Protocol.Bootstrap;

/// <summary>"Who are you, and do you belong to a cluster?"; asked by nodes without one.</summary>
/// <param name="Facts">Of the asking node.</param>
/// <param name="Expect">Its `--bootstrap-expect`.</param>
/// <param name="Free">It is an electable gateway with an empty directory and no consent outstanding.</param>
/// <param name="Known">Addresses it knows of other nodes without a cluster.</param>
public sealed record DiscoverRequest(NodeFacts Facts, int Expect, bool Free, ImmutableArray<string> Known) : Message;

/// <summary>Answer to <see cref="DiscoverRequest"/>. The envelope's cluster id says whether the answering node has a cluster.</summary>
/// <param name="Facts">Of the answering node.</param>
/// <param name="Expect">Its `--bootstrap-expect`.</param>
/// <param name="Free">It is an electable gateway with an empty directory and no consent outstanding.</param>
/// <param name="Known">Addresses it knows: members when it has a cluster, else other nodes without one.</param>
public sealed record DiscoverResponse(NodeFacts Facts, int Expect, bool Free, ImmutableArray<string> Known) : Message;

/// <summary>"Will you be a founder of this cluster?"</summary>
/// <param name="Proposal">The proposed cluster.</param>
public sealed record ConsentRequest(BootstrapProposal Proposal) : Message;

/// <summary>Answer to <see cref="ConsentRequest"/>; consent is on the disk before it is sent.</summary>
/// <param name="ProposalId">Which proposal.</param>
/// <param name="Granted">Whether it consents.</param>
/// <param name="Reason">Why not; empty when granted.</param>
public sealed record ConsentResponse(UInt128 ProposalId, bool Granted, string Reason) : Message;

/// <summary>A founder that consented asks the proposer what became of it.</summary>
/// <param name="ProposalId">Which proposal.</param>
public sealed record ProposalStatusRequest(UInt128 ProposalId) : Message;

/// <summary>The proposer says what became of a proposal.</summary>
/// <param name="ProposalId">Which proposal.</param>
/// <param name="Phase">Consented: undecided; None: the proposer does not know it (its disk was lost): the founder keeps waiting.</param>
public sealed record ProposalStatus(UInt128 ProposalId, BootstrapPhase Phase) : Message;
