using Starling.Protocol.Rebalance;
using Xunit;

namespace Starling.Tests.Protocol.Rebalance;

public class InFlightTests
{
    [Fact]
    public void B9_a_pass_may_start_when_nothing_of_an_earlier_epoch_is_unfinished()
    {
        var inFlight = new InFlight();
        var early = inFlight.Enter(1);
        var sameEpoch = inFlight.Enter(2);
        Assert.False(inFlight.HasNoneBelow(2));
        Assert.True(inFlight.HasNoneBelow(1));
        Assert.True(inFlight.Leave(early));
        Assert.True(inFlight.HasNoneBelow(2));
        Assert.False(inFlight.HasNoneBelow(3));
        Assert.True(inFlight.Leave(sameEpoch));
        Assert.Equal(0, inFlight.Count);
    }

    [Fact]
    public void B9_two_of_one_epoch_are_two()
    {
        var inFlight = new InFlight();
        inFlight.Enter(1);
        inFlight.Enter(1);
        Assert.False(inFlight.Leave(1));
        Assert.False(inFlight.HasNoneBelow(2));
        Assert.True(inFlight.Leave(1));
        Assert.Throws<InvalidOperationException>(() => inFlight.Leave(1));
    }
}
