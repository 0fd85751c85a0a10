using Starling.Simulation.Scripts;
using Xunit;

namespace Starling.Tests.Simulation.Scripts;

/// <summary>Operations, declared losses and permits (rules A17 to A20, B0, B8). The stories themselves are in Starling.Simulation, where <c>./dev sim --script NAME</c> runs one with its trace.</summary>
public sealed class OperationScriptsTests
{
    [Fact]
    public void leader_that_leads_again_hears_everybody() => ScriptCatalog.Run(nameof(leader_that_leads_again_hears_everybody));

    [Fact]
    public void safe_to_power_off_means_that_disks_may_go() => ScriptCatalog.Run(nameof(safe_to_power_off_means_that_disks_may_go));

    [Fact]
    public void shutdown_order_read_again_after_restart() => ScriptCatalog.Run(nameof(shutdown_order_read_again_after_restart));

    [Fact]
    public void erase_permit_overtaken_by_undo() => ScriptCatalog.Run(nameof(erase_permit_overtaken_by_undo));

    [Fact]
    public void erased_node_hears_from_any_member_that_it_is_out() => ScriptCatalog.Run(nameof(erased_node_hears_from_any_member_that_it_is_out));

    [Fact]
    public void duplicated_retry_of_an_undone_removal() => ScriptCatalog.Run(nameof(duplicated_retry_of_an_undone_removal));

    [Fact]
    public void declared_loss_of_a_leased_target() => ScriptCatalog.Run(nameof(declared_loss_of_a_leased_target));

    [Fact]
    public void hand_over_racing_a_declared_loss() => ScriptCatalog.Run(nameof(hand_over_racing_a_declared_loss));

    [Fact]
    public void mountpath_lost_on_either_side_of_a_drain() => ScriptCatalog.Run(nameof(mountpath_lost_on_either_side_of_a_drain));
}
