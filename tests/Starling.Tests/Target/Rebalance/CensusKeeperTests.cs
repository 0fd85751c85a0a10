using Microsoft.Extensions.Logging.Abstractions;
using Starling.Storage.Files;
using Starling.Target.Rebalance;
using Starling.Tests.Storage;
using Xunit;

namespace Starling.Tests.Target.Rebalance;

/// <summary>The count of a target's objects that its summaries carry.</summary>
public sealed class CensusKeeperTests
{
    [Fact]
    public async Task Objects_and_bytes_are_known_after_a_count_and_the_next_one_waits_by_what_it_cost()
    {
        using var scratch = new ScratchDirectory();
        using var fixture = new StoreFixture(new LinuxFileLayer(), scratch.Make("mp1"), scratch.Make("mp2"));
        for (var i = 0; i < 10; i++)
        {
            await fixture.PutAsync($"n{i}", "body", 1);
        }

        var keeper = new CensusKeeper(fixture.Store, TimeProvider.System, TimeSpan.FromMilliseconds(10), NullLogger<CensusKeeper>.Instance);
        Assert.Equal((0, 0), keeper.Live);
        using var stop = new CancellationTokenSource();
        var running = keeper.RunAsync(stop.Token);
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (keeper.Live != (10, 40))
        {
            await Task.Delay(5, deadline.Token);
        }

        await stop.CancelAsync();
        await running.WaitAsync(deadline.Token);
        Assert.Equal(TimeSpan.FromMilliseconds(10), keeper.PauseAfter(TimeSpan.Zero));
        Assert.Equal(TimeSpan.FromSeconds(200), keeper.PauseAfter(TimeSpan.FromSeconds(1)));
        Assert.Equal(TimeSpan.FromHours(1), keeper.PauseAfter(TimeSpan.FromHours(1)));
    }
}
