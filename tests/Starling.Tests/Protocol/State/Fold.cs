using System.Collections.Immutable;
using Starling.Core.Names;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;
using Xunit;

namespace Starling.Tests.Protocol.State;

/// <summary>Builds committed states by applying commands, as a log would.</summary>
internal static class Fold
{
    public static NodeId Gateway(int n) => NodeId.Parse($"gateway{n}");

    public static NodeId Target(int n) => NodeId.Parse($"target0{n}");

    public static Incarnation IncarnationOf(NodeId id, int life = 1) => new(id.Digest + (UInt128)life);

    public static SessionId SessionOf(NodeId id, int start = 1) => new(((UInt128)id.Digest << 8) + (UInt128)start);

    public static Member MemberOf(NodeId id, int life = 1) => new(id, IncarnationOf(id, life));

    public static NodeAddresses AddressesOf(NodeId id, string host = "10.0.0.1") => new($"http://{host}:80/{id}", $"http://{host}:90/{id}", $"http://{host}:100/{id}");

    public static BucketName Bucket(string name = "demo") => BucketName.Parse("ais", null, name);

    public static (ClusterState State, CommandOutcome Outcome) Try(this ClusterState state, Command command) =>
        state.ApplyEntry(new LogEntry(state.AppliedIndex + 1, Math.Max(1, state.AppliedTerm), EntryKind.Command, Command: command));

    public static ClusterState Apply(this ClusterState state, Command command)
    {
        var (next, outcome) = state.Try(command);
        Assert.Null(outcome.Error);
        return next;
    }

    public static ClusterState Lead(this ClusterState state, NodeId id, long term, int start = 1) =>
        state.ApplyEntry(new LogEntry(state.AppliedIndex + 1, term, EntryKind.Noop, new NodeIdentity(id, IncarnationOf(id), SessionOf(id, start)))).State;

    public static ClusterState Formed(int gateways = 1) => ClusterState.Empty.Apply(new FormCluster(
        "8d6wTn4G1",
        1_700_000_000_000_000_000,
        [.. Enumerable.Range(1, gateways).Select(n => new FoundingMember(Gateway(n), NodeRole.Gateway, IncarnationOf(Gateway(n)), AddressesOf(Gateway(n))))]));

    public static AdmitNode Admission(NodeId id, int life = 1) => new(id, NodeRole.Target, IncarnationOf(id, life), AddressesOf(id)) { FeatureLevel = FeatureLevels.Highest };

    public static CommitSession Session(NodeId id, int start = 1, int previous = 0) =>
        new(MemberOf(id), SessionOf(id, start), previous == 0 ? SessionId.None : SessionOf(id, previous))
        {
            HostBootId = "boot-1",
            LockFiles = [new LockFile(7, id.Digest)],
            MountpathIds = [$"{id}-a", $"{id}-b"],
        };

    public static ClusterState Joined(this ClusterState state, params int[] targets)
    {
        foreach (var n in targets)
        {
            state = state.Apply(Admission(Target(n))).Apply(Session(Target(n)));
        }

        return state;
    }

    public static ActivateTargets Activation(ClusterState state, params int[] targets) =>
        new(state.Newest.Number, [.. targets.Select(n => new ReadyTarget(Target(n), SessionOf(Target(n))))]);

    /// <summary>One gateway and targets 1..n, all in, epoch 1, converged.</summary>
    public static ClusterState Active(int targets)
    {
        var numbers = Enumerable.Range(1, targets).ToArray();
        var joined = Formed().Joined(numbers);
        return joined.Apply(Activation(joined, numbers));
    }

    /// <summary>As <see cref="Active"/>, with the bucket "demo" of id 1.</summary>
    public static ClusterState Serving(int targets) => Active(targets).Apply(new CreateBucket(Bucket(), string.Empty, 5));

    /// <summary>A new epoch after these nodes changed their administrative state, as the operations to come will commit it.</summary>
    public static ClusterState Move(this ClusterState state, params (int Target, AdminState To)[] moves)
    {
        var nodes = state.Nodes;
        foreach (var (n, to) in moves)
        {
            nodes = nodes.SetItem(Target(n), nodes[Target(n)] with { State = to });
        }

        return EpochChange.Commit(state, nodes);
    }

    public static ClusterState WithIntegers(this ClusterState state, int target, long fenced, long clean) => EpochChange.TrimChain(state with
    {
        Nodes = state.Nodes.SetItem(Target(target), state.Nodes[Target(target)] with { Fenced = fenced, Clean = clean }),
    });

    /// <summary>A name of the bucket "demo" whose owners at the given epochs are these targets.</summary>
    public static ObjectName NameOwnedBy(ClusterState state, params (long Epoch, int Target)[] owners)
    {
        for (var i = 0; i < 100_000; i++)
        {
            var name = ObjectName.Parse(Bucket(), $"object-{i}");
            if (owners.All(o => state.Epoch(o.Epoch)!.OwnerOf(name.Digest) == Target(o.Target)))
            {
                return name;
            }
        }

        throw new InvalidOperationException("no name has these owners");
    }
}
