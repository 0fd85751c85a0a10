using Starling.Simulation.Scripts;
using Xunit;

namespace Starling.Tests.Simulation.Scripts;

/// <summary>Listings beside placement that changes (rule B13). The stories themselves are in Starling.Simulation, where <c>./dev sim --script NAME</c> runs one with its trace.</summary>
public sealed class ListScriptsTests
{
    [Fact]
    public void page_listed_while_a_name_moves() => ScriptCatalog.Run(nameof(page_listed_while_a_name_moves));

    [Fact]
    public void page_listed_while_a_name_moves_to_a_silent_target() => ScriptCatalog.Run(nameof(page_listed_while_a_name_moves_to_a_silent_target));

    [Fact]
    public void tombstone_hides_what_its_old_owner_still_lists() => ScriptCatalog.Run(nameof(tombstone_hides_what_its_old_owner_still_lists));

    [Fact]
    public void page_asked_again_after_a_loss_between_its_steps() => ScriptCatalog.Run(nameof(page_asked_again_after_a_loss_between_its_steps));
}
