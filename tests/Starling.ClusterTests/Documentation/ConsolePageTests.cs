using Xunit;

namespace Starling.ClusterTests.Documentation;

/// <summary>What counts as the same on a console page and in a run, and what does not.</summary>
public sealed class ConsolePageTests
{
    [Theory]
    [InlineData("Listed 504,797 names in 1.69s", "Listed 7 names in 223ms")]
    [InlineData("g3   lJjt8082   33404   32.62MiB   10:14:56   -", "g12   lJjt8082   0   0B   18:30:57   -")]
    [InlineData("t[a][x]   0.52%   12.40GiB   running(g3)   48m0s", "t[a][x]   9%   1B   running(g47)   46.9s")]
    [InlineData("10:13:34  PUT   1 (1 4 0)   10.31MiB/s (10.31MiB/s) -", "10:13:44  PUT   2 (3 4 0)   9.75MiB/s (10.03MiB/s)  -")]
    [InlineData("version 109, UUID fQgSJYHgbH6M, build (build: 2026-11-21T18:18:37+0000)", "version 7, UUID a, build (build: x)")]
    [InlineData("...|b|...", "a|b|c")]
    [InlineData("...|b|c", "b|a|b|c")]
    [InlineData("a|...", "a")]
    [InlineData("...|a|...|b", "a|c|a|b")]
    public void Times_sizes_counts_and_lines_left_out_do_not_matter(string printed, string said) => Assert.Null(ConsolePage.Difference(printed.Split('|'), said.Split('|')));

    [Theory]
    [InlineData("t[a] is now active", "t[b] is now active", "t[b] is now active")]
    [InlineData("running(g3)", "finished(g3)", "finished(gN)")]
    [InlineData("REB ID   NODE   STATE", "REB ID   STATE", "REB ID  STATE")]
    [InlineData("0   -   Running", "0   0   Running", "N  N  Running")]
    [InlineData("a|b", "a", "(nothing more)")]
    [InlineData("a", "a|b", "not printed: b")]
    [InlineData("...|b|c", "b|a|b|d", "said:    d")]
    [InlineData("a|...|b", "a|c|c", "printed: b")]
    public void Words_columns_rows_and_their_order_matter(string printed, string said, string difference) =>
        Assert.Contains(difference, ConsolePage.Difference(printed.Split('|'), said.Split('|')), StringComparison.Ordinal);
}
