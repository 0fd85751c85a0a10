using Starling.Core.Errors;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Protocol.State.Commands;
using Starling.Protocol.State.Operations;

namespace Starling.Protocol.State;

public sealed partial record ClusterState
{
    /// <summary>How far the Smap version jumps when the leader changes: past everything that the old leader's side may have shown.</summary>
    public const long LeaderChangeJump = 100;

    /// <summary>
    /// Applies a committed entry. Total: every entry yields a state and an outcome. A refused command leaves everything but
    /// <see cref="AppliedIndex"/>, <see cref="AppliedTerm"/> and <see cref="Requests"/> as it was.
    /// </summary>
    /// <exception cref="InvalidOperationException">The entry is not the one after <see cref="AppliedIndex"/>: a bug of the caller, not of the log.</exception>
    public (ClusterState State, CommandOutcome Outcome) ApplyEntry(LogEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        if (entry.Index != AppliedIndex + 1)
        {
            throw new InvalidOperationException($"entry {entry.Index} cannot follow applied index {AppliedIndex}");
        }

        var (next, outcome) = entry.Command is { } command ? ApplyCommand(command, entry.Index) : (this, new CommandOutcome(entry.Index, null));
        if (entry.Leader is { } leader)
        {
            next = next.WithLeader(new LeaderInfo(leader, entry.Term, next.Node(leader.Id)?.Role == NodeRole.Gateway));
        }

        if (entry.Voters is { } voters)
        {
            next = next with { Voters = voters };
        }

        return (next with { AppliedIndex = entry.Index, AppliedTerm = entry.Term }, outcome);
    }

    private (ClusterState State, CommandOutcome Outcome) ApplyCommand(Command command, long index)
    {
        var hasId = command.RequestId.Length > 0;
        if (hasId && Requests.Find(command.RequestId) is { } earlier)
        {
            return (this, earlier);
        }

        if (hasId && command.SeenIndex < Requests.ForgottenThrough)
        {
            // Not remembered: its id is older than the memory, and remembering would push out a younger one.
            var message = $"request {command.RequestId} was made at index {command.SeenIndex}, requests up to {Requests.ForgottenThrough} are forgotten: "
                + "look whether it took effect, then ask again under a new request id";
            return (this, new CommandOutcome(index, new StoreError(ErrorCode.UnknownOutcome, message)));
        }

        var error = command.Check(this);
        var next = error is null ? command.Apply(this, index) : this;
        if (KnowsOperations && !ReferenceEquals(next, this))
        {
            next = next with { Journal = next.Journal.With(JournalTexts.Describe(command, index)) };
        }

        var outcome = new CommandOutcome(index, error, error is null ? command.Result(this, index) : string.Empty);
        return (hasId ? next with { Requests = next.Requests.Remember(command.RequestId, outcome) } : next, outcome);
    }

    private ClusterState WithLeader(LeaderInfo leader)
    {
        var changed = Leader is null || Leader.Identity != leader.Identity || Leader.IsGateway != leader.IsGateway;
        return changed ? this with { Leader = leader, Versions = Versions with { Smap = Versions.Smap + LeaderChangeJump } } : this with { Leader = leader };
    }

    /// <summary>The state with one more version of the node map.</summary>
    internal ClusterState WithNode(NodeEntry entry) => this with { Nodes = Nodes.SetItem(entry.Id, entry), Versions = Versions with { Smap = Versions.Smap + 1 } };

    /// <summary>The state with a node entry whose change no client sees: the node map keeps its version.</summary>
    internal ClusterState WithNodeQuietly(NodeEntry entry) => this with { Nodes = Nodes.SetItem(entry.Id, entry) };
}
