using Starling.Loader.Names;
using Xunit;

namespace Starling.Tests.Loader;

public sealed class NamePoolTests
{
    private static readonly string[] Names = [.. Enumerable.Range(0, 97).Select(i => $"n{i}")];

    [Theory]
    [InlineData(true, true, true, "random non-unique")]
    [InlineData(true, false, false, "random non-unique")]
    [InlineData(true, false, true, "random unique")]
    [InlineData(false, false, false, "unique sequential")]
    public void The_way_of_choosing_fits_the_workload(bool anyPuts, bool newBucket, bool epochs, string label) =>
        Assert.Equal(label, NamePool.Create(Names, anyPuts, newBucket, epochs, 100, new Random(1)).Label);

    [Fact]
    public void More_names_than_fit_a_shuffle_are_visited_by_an_affine_sequence() =>
        Assert.Equal("unique epoch-based", NamePool.Create(Names, false, false, false, 10, new Random(1)).Label);

    [Theory]
    [InlineData(100)]
    [InlineData(10)]
    public void A_pass_visits_every_name_once(int shuffleMax)
    {
        var pool = NamePool.Create(Names, anyPuts: false, newBucketOrSkipped: false, epochs: true, shuffleMax, new Random(3));
        for (var pass = 0; pass < 3; pass++)
        {
            var seen = Enumerable.Range(0, Names.Length).Select(_ => pool.Next()!).ToArray();
            Assert.Equal(Names.Order(StringComparer.Ordinal), seen.Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public void Random_unique_repeats_nothing_before_all_were_read()
    {
        var pool = NamePool.Create(Names, anyPuts: true, newBucketOrSkipped: false, epochs: true, 100, new Random(5));
        Assert.Equal(Names.Length, Enumerable.Range(0, Names.Length).Select(_ => pool.Next()!).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void Numbered_names_of_different_loaders_never_meet()
    {
        var names = Enumerable.Range(0, 3).SelectMany(loader =>
        {
            var put = new PutNames("sub", 2, randomNames: false, loaderCount: 3, loader.ToString(System.Globalization.CultureInfo.InvariantCulture), new Random(1));
            return Enumerable.Range(0, 100).Select(_ => put.Next()).ToArray();
        }).ToArray();
        Assert.Equal(300, names.Distinct(StringComparer.Ordinal).Count());
        Assert.All(names, name => Assert.StartsWith("sub/0000", name, StringComparison.Ordinal));
    }
}
