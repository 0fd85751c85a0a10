using Starling.ClusterTests.Support;
using Xunit;

namespace Starling.ClusterTests.Tour;

public sealed class LeaderKilledUnderLoad
{
    [Fact]
    public async Task Leader_killed_under_load_another_leads_within_five_seconds_and_no_request_fails_or_waits()
    {
        var run = await PlaygroundRun.RunAsync(["--gateways", "3", "--targets", "3", "leaderkills", "--kills", "1"]);
        Assert.True(run.ExitCode == 0, run.All);
        Assert.Contains("VERDICT: nobody noticed", run.Output, StringComparison.Ordinal);
        Assert.Contains("1 kills: ", run.Output, StringComparison.Ordinal);
    }
}
