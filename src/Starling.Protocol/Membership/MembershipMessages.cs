using System.Collections.Immutable;
using Starling.Core.Names;
using Starling.Protocol.Identity;
using Starling.Protocol.Node;

namespace Starling.Protocol.Membership;

/// <summary>A process that has started says who it is; the leader admits the node, or commits its session. Any member passes it on to the leader (rule A9).</summary>
/// <param name="Identity">The process; also when another member passes it on.</param>
/// <param name="Facts">What it says of itself.</param>
public sealed record JoinRequest(NodeIdentity Identity, NodeFacts Facts) : Message
{
    /// <summary>The highest feature level that the process supports; 0 from one that does not say.</summary>
    public int FeatureLevel { get; init; }

    /// <summary>The number of the leader's question that this answers; 0: of none.</summary>
    public long Answers { get; init; }
}

/// <summary>Answer to <see cref="JoinRequest"/>. Nothing is promised: the node waits until it has applied its own admission.</summary>
/// <param name="Accepted">False: refused for good, <paramref name="Reason"/> says why and what to do.</param>
/// <param name="Reason">What the node waits for, or why it is refused.</param>
/// <param name="Addresses">Control addresses of members: more places to ask.</param>
public sealed record JoinResponse(bool Accepted, string Reason, ImmutableArray<string> Addresses) : Message
{
    /// <summary>The number with which the request is to be repeated, so that the leader knows that the process still runs; 0: nothing is asked.</summary>
    public long Question { get; init; }
}

/// <summary>Are you there? Never relayed (rule A6).</summary>
/// <param name="Number">Echoed.</param>
/// <param name="Expected">Whom the sender expects at this address.</param>
public sealed record ProbeRequest(long Number, NodeId Expected) : Message;

/// <summary>Answer to <see cref="ProbeRequest"/>.</summary>
/// <param name="Number">As asked.</param>
public sealed record ProbeResponse(long Number) : Message;

/// <summary>Please probe another node for me.</summary>
/// <param name="Number">Echoed.</param>
/// <param name="Subject">Whom to probe.</param>
/// <param name="Address">Where.</param>
public sealed record IndirectProbeRequest(long Number, NodeId Subject, string Address) : Message;

/// <summary>The other node answered; sent only when it did.</summary>
/// <param name="Number">As asked.</param>
/// <param name="Subject">Who answered.</param>
public sealed record IndirectProbeResponse(long Number, NodeId Subject) : Message;

/// <summary>Whether the leader hears a node (rule A15): the leader's memory, rebuilt by every new leader.</summary>
public enum Liveness
{
    /// <summary>Not known yet: this leader is new.</summary>
    Unknown,

    /// <summary>It answers.</summary>
    Online,

    /// <summary>Neither direct nor indirect probes were answered lately.</summary>
    Suspect,

    /// <summary>It has been silent for long.</summary>
    Offline,
}

/// <summary>Liveness of one member.</summary>
/// <param name="Id">The member.</param>
/// <param name="Control">On the control network.</param>
/// <param name="Data">On the data network.</param>
/// <param name="HeardNs">When it last answered, on this node's clock; 0: never.</param>
/// <param name="AppliedIndex">Newest applied index that it reported; 0: none.</param>
public sealed record MemberLiveness(NodeId Id, Liveness Control, Liveness Data, long HeardNs, long AppliedIndex);
