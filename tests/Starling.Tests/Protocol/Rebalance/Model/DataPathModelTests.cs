using Xunit;

namespace Starling.Tests.Protocol.Rebalance.Model;

/// <summary>Random walks of the data path with the product's own plans (rules B1 to B11).</summary>
public class DataPathModelTests
{
    private const int Walks = 1_500;
    private const int Steps = 260;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void B5_B7_B8_B9_B11_random_walks_lose_nothing_show_nothing_old_and_clean_means_clean(int seed)
    {
        var seen = new SortedDictionary<string, int>(StringComparer.Ordinal);
        for (var walk = 0; walk < Walks; walk++)
        {
            var world = new ModelWorld((seed * 1_000_000) + walk, new ModelLimits());
            world.Walk(Steps);
            foreach (var (what, count) in world.Seen)
            {
                seen[what] = seen.GetValueOrDefault(what) + count;
            }
        }

        foreach (var what in new[] { "AnsweredGet", "AnsweredCreate", "AnsweredDelete", "AnsweredPut", "Clean", "Lost", "Verified" })
        {
            Assert.True(seen.GetValueOrDefault(what) > 100, $"{what} was seen {seen.GetValueOrDefault(what)} times: this proves little");
        }
    }
}
