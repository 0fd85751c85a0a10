using System.Collections.Immutable;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;

namespace Starling.Protocol.State.Commands;

/// <summary>A member of a cluster that is being formed.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Role">Gateway, as rule A9 wants; targets join afterwards.</param>
/// <param name="Incarnation">Its incarnation.</param>
/// <param name="Addresses">Where it listens.</param>
/// <param name="Electable">Whether it may become the ordinary leader.</param>
public sealed record FoundingMember(NodeId Id, NodeRole Role, Incarnation Incarnation, NodeAddresses Addresses, bool Electable = true);

/// <summary>The first command of a cluster: its id, its founding members, who are its first voters when the log names none (rule A9).</summary>
/// <param name="ClusterId">The id of the cluster, for ever.</param>
/// <param name="CreatedNs">When, nanoseconds since 1970 UTC, for display.</param>
/// <param name="Members">The founding members; any order.</param>
public sealed record FormCluster(string ClusterId, long CreatedNs, ImmutableArray<FoundingMember> Members) : Command
{
    /// <summary>The configuration that the cluster starts with.</summary>
    public ClusterConfig Config { get; init; } = ClusterConfig.Default;

    /// <inheritdoc/>
    public override StoreError? Check(ClusterState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (state.IsFormed)
        {
            return new StoreError(ErrorCode.Conflict, $"the cluster was formed already, its id is {state.ClusterId}");
        }

        if (ClusterId.Length == 0)
        {
            return new StoreError(ErrorCode.Invalid, "cluster id is empty: the proposer makes one");
        }

        if (!JsonObjects.Check(Config.Json, out var malformed))
        {
            return new StoreError(ErrorCode.Invalid, $"configuration: {malformed}");
        }

        if (!Members.Any(m => m.Role == NodeRole.Gateway && m.Electable))
        {
            return new StoreError(ErrorCode.Invalid, "members: a cluster is formed by at least one electable gateway; targets join afterwards");
        }

        if (Members.Any(m => m.Id.IsNone || m.Incarnation == Incarnation.None))
        {
            return new StoreError(ErrorCode.Invalid, "members: every one names its id and its incarnation");
        }

        var twice = Members.GroupBy(m => m.Id).FirstOrDefault(g => g.Count() > 1);
        return twice is null ? null : new StoreError(ErrorCode.Invalid, $"members: {twice.Key} is named twice: give every node its own id");
    }

    /// <inheritdoc/>
    public override ClusterState Apply(ClusterState state, long index)
    {
        ArgumentNullException.ThrowIfNull(state);
        var nodes = state.Nodes.ToBuilder();
        foreach (var member in Members)
        {
            nodes[member.Id] = new NodeEntry(member.Id, member.Role, member.Incarnation, member.Addresses)
            {
                Electable = member.Electable && member.Role == NodeRole.Gateway,
                State = member.Role == NodeRole.Gateway ? AdminState.In : AdminState.Joining,
                JoinedIndex = index,
            };
        }

        var next = state with
        {
            ClusterId = ClusterId,
            CreatedNs = CreatedNs,
            Config = Config,
            Nodes = nodes.ToImmutable(),
            Voters = state.Voters.Members.Length > 0 ? state.Voters : FirstVoters(),
            Versions = new MetadataVersions(state.Versions.Smap + 1, state.Versions.Bmd + 1, state.Versions.Rmd + 1, state.Versions.Conf + 1),
        };
        return next.Leader is { } leader ? next with { Leader = leader with { IsGateway = next.Node(leader.Identity.Id)?.Role == NodeRole.Gateway } } : next;
    }

    /// <inheritdoc/>
    public override string Result(ClusterState before, long index) => ClusterId;

    /// <summary>The electable gateways among the founding members, sorted; who may not be elected learns only (rule A1).</summary>
    public VoterSet FirstVoters() =>
        new([.. Members.Where(m => m.Role == NodeRole.Gateway && m.Electable).Select(m => new Member(m.Id, m.Incarnation)).Order()]);

    /// <inheritdoc/>
    public bool Equals(FormCluster? other) => other is not null && base.Equals(other) && ClusterId == other.ClusterId
        && CreatedNs == other.CreatedNs && Config == other.Config && Members.AsSpan().SequenceEqual(other.Members.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), ClusterId, CreatedNs, Members.Length);
}
