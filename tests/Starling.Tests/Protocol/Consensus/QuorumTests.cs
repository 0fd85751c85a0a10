using Starling.Core.Names;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Protocol.Node;
using Xunit;

namespace Starling.Tests.Protocol.Consensus;

public sealed class QuorumTests
{
    [Fact]
    public void TheValueReachedByAMajorityEqualsThatOfANaiveTwin()
    {
        var random = new SeededRandom(42);
        for (var round = 0; round < 5000; round++)
        {
            var values = new long[1 + random.Next(6)];
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = random.Next(8);
            }

            // The naive twin: try every value, count who has reached it.
            var best = long.MinValue;
            foreach (var candidate in values)
            {
                var reached = 0;
                foreach (var value in values)
                {
                    reached += value >= candidate ? 1 : 0;
                }

                best = reached * 2 > values.Length ? Math.Max(best, candidate) : best;
            }

            Assert.Equal(best, Quorum.ReachedByMajority((long[])values.Clone()));
        }
    }

    [Fact]
    public void NobodyReachesAnythingWithoutVoters() => Assert.Equal(long.MinValue, Quorum.ReachedByMajority([]));

    [Theory]
    [InlineData(0, 5, 0)]
    [InlineData(1, 5, 1)]
    [InlineData(2, 5, 1)]
    [InlineData(3, 5, 3)]
    [InlineData(4, 5, 3)]
    [InlineData(5, 5, 5)]
    [InlineData(9, 5, 5)]
    [InlineData(9, 3, 3)]
    [InlineData(9, 1, 1)]
    public void A1_TheLargestOddNumberUpToFive(int eligible, int max, int desired) => Assert.Equal(desired, Quorum.DesiredVoters(eligible, max));

    [Theory]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 2)]
    [InlineData(4, 3)]
    [InlineData(5, 3)]
    [InlineData(6, 4)]
    public void TwoMajoritiesAlwaysMeet(int voters, int majority)
    {
        Assert.Equal(majority, Quorum.Majority(voters));
        Assert.True(2 * majority > voters);
    }

    [Fact]
    public void A14_SettingsOutsideTheirBoundsAreNamed()
    {
        Assert.Null(NodeSettings.Default.Validate());
        Assert.Contains("heartbeat", (NodeSettings.Default with { HeartbeatNs = 1 }).Validate(), StringComparison.Ordinal);
        Assert.Contains("four heartbeats", (NodeSettings.Default with { HeartbeatNs = 600_000_000 }).Validate(), StringComparison.Ordinal);
        Assert.Contains("rank step", (NodeSettings.Default with { RankStepNs = 0 }).Validate(), StringComparison.Ordinal);
        Assert.Contains("jitter", (NodeSettings.Default with { JitterNs = 200_000_000 }).Validate(), StringComparison.Ordinal);
        Assert.Contains("1, 3 or 5", (NodeSettings.Default with { MaxVoters = 4 }).Validate(), StringComparison.Ordinal);
        Assert.Contains("dead voter", (NodeSettings.Default with { DeadVoterNs = 1 }).Validate(), StringComparison.Ordinal);
        Assert.Contains("feature level", (NodeSettings.Default with { HighestFeatureLevel = 2 }).Validate(), StringComparison.Ordinal);
        Assert.Contains("positive", (NodeSettings.Default with { SnapshotEntries = 0 }).Validate(), StringComparison.Ordinal);
    }

    [Fact]
    public void TheLogIsAnIndexedDeque()
    {
        var log = new RaftLog(Snapshot.Initial, []);
        var voters = new VoterSet([new Member(NodeId.Parse("gateway1"), new Incarnation(1))]);
        for (var i = 1; i <= 300; i++)
        {
            log.Push(new LogEntry(i, 1 + (i / 100), i == 150 ? EntryKind.Voters : EntryKind.Noop, Voters: i == 150 ? voters : null));
        }

        Assert.Equal((1L, 300L, 4L), (log.FirstIndex, log.LastIndex, log.LastTerm));
        Assert.Equal(200, log.FirstOfTerm(250));
        Assert.Equal(voters, log.Voters);
        log.TruncateFrom(140);
        Assert.Equal(139, log.LastIndex);
        Assert.Equal(VoterSet.Empty, log.Voters);
        log.Compact(new Snapshot(120, 2, VoterSet.Empty, Starling.Protocol.State.ClusterState.Empty), 100);
        Assert.Equal(100, log.FirstIndex);
        Assert.Equal(2, log.TermAt(100));
        Assert.Equal(1, log.TermAt(99));
        Assert.Equal(-1, log.TermAt(98));
        Assert.Equal(-1, log.TermAt(140));
        Assert.Equal([137L, 138L, 139L], log.Slice(137, 10, long.MaxValue).Select(e => e.Index));
        Assert.Throws<InvalidOperationException>(() => log.Push(new LogEntry(150, 2, EntryKind.Noop)));
    }
}
