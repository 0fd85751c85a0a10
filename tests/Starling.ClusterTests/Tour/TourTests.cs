using Starling.ClusterTests.Support;
using Xunit;

namespace Starling.ClusterTests.Tour;

public sealed class TourTests
{
    private static readonly string[] Small = ["--tour", "--quick", "--gateways", "3", "--targets", "3", "--files", "60", "--small-objects", "200", "--act-seconds", "1"];

    [Fact]
    public async Task The_tour_ends_well_when_nothing_is_damaged()
    {
        var run = await PlaygroundRun.RunAsync(Small);
        Assert.True(run.ExitCode == 0, run.All);
        Assert.Contains("VERDICT: nothing lost, nobody noticed", run.Output, StringComparison.Ordinal);
        foreach (var act in new[] { "put a directory tree", "put small objects", "readers and writers", "kill leader", "kill target", "power cycle", "after the power cycle", "maintenance t", "power off, disks destroyed", "return t", "interrupt removal of t", "shutdown t", "decommission t", "join t", "compare everything" })
        {
            Assert.Contains("\n" + act, run.Output, StringComparison.Ordinal);
        }
    }

    // The first half alone tells as much, in less time.
    [Fact]
    public Task A_tour_that_loses_an_object_fails_and_names_it() => SabotageAsync("lose-one", "404|is lost|is not listed|503|500|410", "--no-operations");

    [Theory]
    [Trait("Length", "Long")]
    [InlineData("corrupt-one", "differs from its source|500|410|checksum")]
    [InlineData("resurrect-one", "was deleted and is back|is listed and must not exist")]
    public Task A_sabotaged_tour_fails_and_names_the_object(string mode, string complaints) => SabotageAsync(mode, complaints);

    private static async Task SabotageAsync(string mode, string complaints, params string[] more)
    {
        var run = await PlaygroundRun.RunAsync([.. Small, "--no-kills", "--sabotage", mode, .. more]);
        Assert.True(run.ExitCode == 1, run.All);
        var verdict = run.Output.Split('\n').Single(line => line.StartsWith("VERDICT: FAIL (sabotaged: ", StringComparison.Ordinal));
        var damaged = verdict["VERDICT: FAIL (sabotaged: ".Length..].TrimEnd(')');
        Assert.StartsWith("ais://tour/", damaged, StringComparison.Ordinal);
        var failures = run.Output.Split('\n').Where(line => line.StartsWith("FAIL ", StringComparison.Ordinal)).ToArray();
        Assert.Contains(failures, line => line.Contains(damaged, StringComparison.Ordinal) && complaints.Split('|').Any(complaint => line.Contains(complaint, StringComparison.Ordinal)));
        Assert.All(failures, line => Assert.Contains(damaged, line, StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Length", "Long")]
    public async Task A_target_destroyed_before_it_is_safe_makes_the_tour_fail_and_name_what_only_it_held()
    {
        var run = await PlaygroundRun.RunAsync([.. Small, "--no-kills", "--sabotage", "early-verdict"]);
        Assert.True(run.ExitCode == 1, run.All);
        var verdict = run.Output.Split('\n').Single(line => line.StartsWith("VERDICT: FAIL (sabotaged: ", StringComparison.Ordinal));
        var lost = verdict["VERDICT: FAIL (sabotaged: ".Length..].TrimEnd(')');
        var failure = Assert.Single(run.Output.Split('\n'), line => line.StartsWith("FAIL ", StringComparison.Ordinal));
        Assert.Contains(lost, failure, StringComparison.Ordinal);

        // What cannot be reached is never "not found".
        Assert.Contains("503", failure, StringComparison.Ordinal);
    }
}
