using Starling.Core.Names;
using Starling.Protocol.Codec;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;
using Xunit;

namespace Starling.Tests.Protocol.State;

/// <summary>Random sequences of commands, sensible and senseless ones: the invariants of the state hold after each.</summary>
public class CommandPropertyTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Random_commands_keep_the_invariants(int seed)
    {
        var random = new Random(seed);
        var state = seed % 2 == 0 ? ClusterState.Empty : Fold.Formed(gateways: 2).Joined(1, 2);
        var applied = 0;
        for (var step = 0; step < 1_000; step++)
        {
            var entry = NextEntry(random, state);
            var (next, outcome) = state.ApplyEntry(entry);
            CheckInvariants(next);
            CheckGrowth(state, next);
            if (outcome.Error is not null)
            {
                var unchanged = state with { AppliedIndex = next.AppliedIndex, AppliedTerm = next.AppliedTerm, Requests = next.Requests };
                Assert.Equal(StateCodec.Encode(unchanged), StateCodec.Encode(next));
            }
            else
            {
                applied++;
            }

            if (step % 50 == 0)
            {
                Assert.Equal(StateCodec.Encode(next), StateCodec.Encode(StateCodec.Decode(StateCodec.Encode(next))));
            }

            state = next;
        }

        Assert.InRange(applied, 100, 950);
        Assert.NotEmpty(state.Nodes);
    }

    [Fact]
    public void The_same_log_makes_the_same_bytes()
    {
        byte[] Run()
        {
            var random = new Random(42);
            var state = Fold.Formed(2).Joined(1, 2);
            for (var step = 0; step < 300; step++)
            {
                state = state.ApplyEntry(LogEntryCodec.Decode(LogEntryCodec.Encode(NextEntry(random, state)))).State;
            }

            return StateCodec.Encode(state);
        }

        Assert.Equal(Run(), Run());
    }

    private static void CheckInvariants(ClusterState state)
    {
        Assert.Equal(state.Voters.Members.Order(), state.Voters.Members);
        Assert.NotEmpty(state.Epochs);
        for (var i = 1; i < state.Epochs.Length; i++)
        {
            Assert.Equal(state.Epochs[i - 1].Number + 1, state.Epochs[i].Number);
        }

        var holders = state.Nodes.Values.Where(n => n.HoldsIntegers).ToList();
        Assert.Equal(holders.Count == 0 ? state.Newest.Number : holders.Min(n => n.Clean), state.Base);
        Assert.Equal(state.Nodes.Values.Where(n => n.IsActiveTarget).Select(n => n.Id), state.Newest.Targets);
        Assert.All(holders, n => Assert.True(n.Clean <= state.Newest.Number && n.Fenced <= state.Newest.Number));
        Assert.All(state.Nodes.Values, n => Assert.Equal(n.LostMountpathIds.Intersect(n.MountpathIds), n.LostMountpathIds));
        Assert.All(state.Buckets.Values, b => Assert.True(b.Id < state.NextBucketId));
        Assert.Equal(state.Buckets.Count, state.Buckets.Values.Select(b => b.Id).Distinct().Count());
    }

    private static void CheckGrowth(ClusterState before, ClusterState after)
    {
        Assert.Equal(before.AppliedIndex + 1, after.AppliedIndex);
        Assert.True(after.Versions.Smap >= before.Versions.Smap && after.Versions.Bmd >= before.Versions.Bmd);
        Assert.True(after.Versions.Rmd >= before.Versions.Rmd && after.Versions.Conf >= before.Versions.Conf);
        Assert.True(after.NextBucketId >= before.NextBucketId && after.FeatureLevel >= before.FeatureLevel && after.Base >= before.Base);
        if (!ReferenceEquals(before.Buckets, after.Buckets))
        {
            Assert.True(after.Versions.Bmd > before.Versions.Bmd);
        }

        if (before.Config != after.Config)
        {
            Assert.True(after.Versions.Conf > before.Versions.Conf);
        }

        foreach (var node in before.Nodes.Values)
        {
            var now = after.Nodes[node.Id];
            Assert.True(now.Fenced >= node.Fenced && now.Clean >= node.Clean && now.SessionIndex >= node.SessionIndex);
            if (now.Addresses != node.Addresses || now.State != node.State || now.Electable != node.Electable)
            {
                Assert.True(after.Versions.Smap > before.Versions.Smap);
            }
        }
    }

    private static LogEntry NextEntry(Random random, ClusterState state)
    {
        var index = state.AppliedIndex + 1;
        var term = Math.Max(1, state.AppliedTerm) + (random.Next(20) == 0 ? 1 : 0);
        return random.Next(25) switch
        {
            0 => new LogEntry(index, term, EntryKind.Noop, new NodeIdentity(AnyNode(random), Incarnation.None, Fold.SessionOf(AnyNode(random)))),
            1 => new LogEntry(index, term, EntryKind.Voters, Voters: new VoterSet([.. state.Nodes.Values.Take(random.Next(4)).Select(n => n.Member).Order()])),
            _ => new LogEntry(index, term, EntryKind.Command, Command: NextCommand(random, state) with
            {
                RequestId = random.Next(3) == 0 ? $"r{random.Next(300)}" : string.Empty,
                SeenIndex = state.AppliedIndex - random.Next(10),
            }),
        };
    }

    private static Command NextCommand(Random random, ClusterState state)
    {
        var id = AnyNode(random);
        var known = state.Node(id);
        var member = random.Next(5) == 0 ? Fold.MemberOf(id, random.Next(3)) : known?.Member ?? Fold.MemberOf(id);
        var session = random.Next(5) == 0 ? Fold.SessionOf(id, random.Next(4)) : known?.Session ?? SessionId.None;
        var seen = known is null || random.Next(6) == 0 ? null : new KnownNode(known.Incarnation, known.Addresses, random.Next(4) == 0);
        var addresses = Fold.AddressesOf(id, $"10.0.0.{random.Next(3)}");
        var bucket = Fold.Bucket($"b{random.Next(3)}");
        var bucketId = random.Next(4) == 0 ? (ulong)random.Next(8) : state.FindBucket(bucket)?.Id ?? 0;
        var role = id.Value[0] == 'g' ? NodeRole.Gateway : NodeRole.Target;
        return random.Next(15) switch
        {
            0 => new FormCluster($"cluster-{random.Next(2)}", 1, [new FoundingMember(id, role, member.Incarnation, addresses)]),
            1 or 2 => new AdmitNode(id, role, member.Incarnation, addresses) { Known = seen, Weight = random.Next(3), FeatureLevel = random.Next(FeatureLevels.Highest + 1), Electable = random.Next(2) == 0 },
            3 => new UpdateNodeAddresses(member, seen ?? new KnownNode(default, addresses, false), addresses),
            4 or 5 => new CommitSession(member, Fold.SessionOf(id, random.Next(9)), session)
            {
                HostBootId = "b", LockFiles = [new LockFile(1, (ulong)random.Next(2))], MountpathIds = [$"m{random.Next(2)}"], PreviousEnd = (PreviousSessionEnd)random.Next(3),
            },
            6 => new RecordStop(id, session),
            7 => new ActivateTargets(state.Newest.Number - (random.Next(5) == 0 ? 1 : 0), [new ReadyTarget(id, session)]),
            8 => new MarkFenced(id, session, random.Next(5), (FenceGround)random.Next(3)),
            9 => new MarkClean(id, session, random.Next(5)),
            10 => new CreateBucket(bucket, random.Next(4) == 0 ? "{broken" : "{}", 1),
            11 => new DestroyBucket(bucket, bucketId),
            12 => new SetBucketProps(bucket, bucketId, random.Next(4) == 0 ? "[]" : """{"access":"3"}"""),
            13 => new SetConfig(random.Next(4) == 0 ? "null" : """{"rebalance":{"enabled":false}}""", random.Next(3) == 0 ? 1 : 0),
            _ => random.Next(3) switch
            {
                0 => new ResetBucketProps(bucket, bucketId),
                1 => new ResetConfig(random.Next(4)),
                _ => new SetFeatureLevel(state.FeatureLevel, random.Next(FeatureLevels.Highest + 1), [.. state.Nodes.Keys.Skip(random.Next(2))]),
            },
        };
    }

    private static NodeId AnyNode(Random random) => random.Next(3) == 0 ? Fold.Gateway(random.Next(1, 4)) : Fold.Target(random.Next(1, 5));
}
