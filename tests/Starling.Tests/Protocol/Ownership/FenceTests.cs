using Starling.Protocol.Ownership;
using Starling.Protocol.State;
using Starling.Tests.Protocol.State;
using Xunit;

namespace Starling.Tests.Protocol.Ownership;

public class FenceTests
{
    private static readonly ClusterState ThreeEpochs = Fold.Serving(3).Move((1, AdminState.Draining)).Move((2, AdminState.Draining));

    private static readonly ulong MovedTwice = Fold.NameOwnedBy(ThreeEpochs, (1, 1), (2, 2), (3, 3)).Digest;

    [Theory]
    [InlineData(1, 1, 1, 2, "target02")]
    [InlineData(1, 1, 2, 2, "target02")]
    [InlineData(1, 1, 3, 2, "target01")] // the successor is fenced, the one before it never saw the middle epoch
    [InlineData(2, 1, 3, 2, "")]
    [InlineData(3, 1, 3, 2, "")]
    [InlineData(2, 1, 1, 2, "target02")]
    [InlineData(1, 2, 3, 2, "")] // clean past its ownership: it holds nothing that could matter
    public void B4_the_fence_is_not_transitive(long fenced1, long clean1, long fenced2, long clean2, string waitsFor)
    {
        var state = ThreeEpochs.WithIntegers(1, fenced1, clean1).WithIntegers(2, fenced2, clean2);
        Assert.Equal(waitsFor, Fence.WaitsFor(state, Fold.Target(3), MovedTwice).Value);
    }

    [Fact]
    public void B4_a_name_that_did_not_move_waits_for_nobody()
    {
        var stayed = Fold.NameOwnedBy(ThreeEpochs, (1, 3), (2, 3), (3, 3));
        Assert.True(Fence.WaitsFor(ThreeEpochs, Fold.Target(3), stayed.Digest).IsNone);
        Assert.True(Fence.WaitsFor(Fold.Serving(3), Fold.Target(3), stayed.Digest).IsNone);
    }

    [Fact]
    public void B4_before_the_first_bucket_the_fence_waits_for_nobody()
    {
        var state = Fold.Active(2).Joined(3);
        state = state.Apply(Fold.Activation(state, 3));
        Assert.True(Fence.WaitsFor(state, Fold.Target(3), MovedTwice).IsNone);
    }

    [Fact]
    public void B4_the_last_ownership_counts_when_it_came_back_in_between()
    {
        var state = Fold.Serving(3).Joined(4).Move((1, AdminState.Draining)).Move((1, AdminState.In), (4, AdminState.In)).Move((1, AdminState.Draining));
        var digest = Fold.NameOwnedBy(state, (1, 1), (2, 2), (3, 1), (4, 4)).Digest;
        var others = state.WithIntegers(2, fenced: 4, clean: 2);

        Assert.Equal(Fold.Target(1), Fence.WaitsFor(others.WithIntegers(1, fenced: 2, clean: 1), Fold.Target(4), digest));
        Assert.Equal(Fold.Target(1), Fence.WaitsFor(others.WithIntegers(1, fenced: 3, clean: 1), Fold.Target(4), digest));
        Assert.True(Fence.WaitsFor(others.WithIntegers(1, fenced: 4, clean: 1), Fold.Target(4), digest).IsNone);
    }
}
