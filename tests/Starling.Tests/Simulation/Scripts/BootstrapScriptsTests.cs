using Starling.Simulation.Scripts;
using Xunit;

namespace Starling.Tests.Simulation.Scripts;

/// <summary>The beginning of clusters (rule A9). The stories themselves are in Starling.Simulation, where <c>./dev sim --script NAME</c> runs one with its trace.</summary>
public sealed class BootstrapScriptsTests
{
    [Fact]
    public void two_half_formed_clusters() => ScriptCatalog.Run(nameof(two_half_formed_clusters));

    [Fact]
    public void two_halves_started_at_once() => ScriptCatalog.Run(nameof(two_halves_started_at_once));

    [Fact]
    public void second_cluster_after_a_power_cycle_with_one_replaced_disk() => ScriptCatalog.Run(nameof(second_cluster_after_a_power_cycle_with_one_replaced_disk));

    [Fact]
    public void consent_given_once() => ScriptCatalog.Run(nameof(consent_given_once));
}
