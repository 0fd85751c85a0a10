using Starling.Core.Names;
using Starling.Protocol.Ownership;
using Starling.Protocol.State;
using Starling.Tests.Protocol.State;
using Xunit;

namespace Starling.Tests.Protocol.Ownership;

public class CandidatesTests
{
    private static ulong Digest(ClusterState state, params (long Epoch, int Target)[] owners) => Fold.NameOwnedBy(state, owners).Digest;

    [Fact]
    public void B6_in_a_converged_cluster_there_are_never_any()
    {
        var state = Fold.Serving(3);
        for (var i = 0; i < 100; i++)
        {
            var name = ObjectName.Parse(Fold.Bucket(), $"o{i}");
            Assert.Empty(Candidates.Of(state, state.Newest.OwnerOf(name.Digest), name.Digest, Candidates.NoRecord));
        }
    }

    [Fact]
    public void B6_the_former_owner_is_one_until_it_is_clean_and_only_for_names_that_it_owned()
    {
        var state = Fold.Serving(3).Move((1, AdminState.Draining));
        var moved = Digest(state, (1, 1), (2, 2));
        var stayed = Digest(state, (1, 2), (2, 2));

        Assert.Equal([Fold.Target(1)], Candidates.Of(state, Fold.Target(2), moved, Candidates.NoRecord).ToArray());
        Assert.Empty(Candidates.Of(state, Fold.Target(2), stayed, Candidates.NoRecord));
        Assert.Empty(Candidates.Of(state.WithIntegers(1, fenced: 2, clean: 2), Fold.Target(2), moved, Candidates.NoRecord));
    }

    [Theory]
    [InlineData(-1, "target02 target01")]
    [InlineData(0, "target02 target01")]
    [InlineData(1, "target02")]
    [InlineData(2, "")]
    [InlineData(3, "")]
    public void B6_a_local_record_leaves_only_the_owners_of_later_epochs_newest_first(long localEpoch, string expected)
    {
        var state = Fold.Serving(3).Move((1, AdminState.Draining)).Move((2, AdminState.Draining));
        var digest = Digest(state, (1, 1), (2, 2), (3, 3));

        Assert.Equal(expected, string.Join(' ', Candidates.Of(state, Fold.Target(3), digest, localEpoch)));
    }

    [Fact]
    public void B6_a_target_is_no_candidate_for_epochs_below_its_own_clean()
    {
        var state = Fold.Serving(3).Move((1, AdminState.Draining)).Move((2, AdminState.Draining)).WithIntegers(2, fenced: 3, clean: 3);
        var digest = Digest(state, (1, 1), (2, 2), (3, 3));

        Assert.Equal([Fold.Target(1)], Candidates.Of(state, Fold.Target(3), digest, Candidates.NoRecord).ToArray());
    }

    [Fact]
    public void B6_an_owner_that_owned_it_twice_is_asked_once()
    {
        var state = Fold.Serving(3).Joined(4).Move((1, AdminState.Draining)).Move((1, AdminState.In), (4, AdminState.In)).Move((1, AdminState.Draining));
        var digest = Digest(state, (1, 1), (2, 2), (3, 1), (4, 4));

        Assert.Equal([Fold.Target(1), Fold.Target(2)], Candidates.Of(state, Fold.Target(4), digest, Candidates.NoRecord).ToArray());
    }

    [Fact]
    public void B7_a_change_of_any_clean_is_noticed()
    {
        var state = Fold.Serving(3).Move((1, AdminState.Draining));
        var fenced = state.WithIntegers(1, fenced: 2, clean: 1);

        Assert.True(Candidates.SameClean(state, state));
        Assert.True(Candidates.SameClean(state, fenced));
        Assert.False(Candidates.SameClean(state, state.WithIntegers(1, fenced: 2, clean: 2)));
    }

    [Fact]
    public void In_a_converged_cluster_owner_candidates_and_fence_allocate_nothing()
    {
        var state = Fold.Serving(6);
        var digest = ObjectName.Parse(Fold.Bucket(), "o").Digest;
        var self = Placement.Owner(state, digest);
        long Allocated()
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0UL; i < 1_000; i++)
            {
                _ = Placement.Owner(state, digest + i);
                _ = Candidates.Of(state, self, digest + i, Candidates.NoRecord);
                _ = Fence.WaitsFor(state, self, digest + i);
            }

            return GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Allocated();
        Assert.Equal(0, Allocated());
    }
}
