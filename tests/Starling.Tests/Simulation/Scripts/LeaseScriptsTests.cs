using Starling.Simulation.Scripts;
using Xunit;

namespace Starling.Tests.Simulation.Scripts;

/// <summary>Sessions and leases (rules B3, B4, B12). The stories themselves are in Starling.Simulation, where <c>./dev sim --script NAME</c> runs one with its trace.</summary>
public sealed class LeaseScriptsTests
{
    [Fact]
    public void lease_granted_by_an_old_leader() => ScriptCatalog.Run(nameof(lease_granted_by_an_old_leader));

    [Fact]
    public void pause_of_sixty_seconds_with_buffered_messages() => ScriptCatalog.Run(nameof(pause_of_sixty_seconds_with_buffered_messages));

    [Fact]
    public void destroy_missed_by_a_leased_target() => ScriptCatalog.Run(nameof(destroy_missed_by_a_leased_target));

    [Fact]
    public void request_of_a_process_that_died_while_it_waited() => ScriptCatalog.Run(nameof(request_of_a_process_that_died_while_it_waited));

    [Fact]
    public void request_of_a_dead_process_that_the_leader_never_heard() => ScriptCatalog.Run(nameof(request_of_a_dead_process_that_the_leader_never_heard));

    [Fact]
    public void double_start_of_one_target() => ScriptCatalog.Run(nameof(double_start_of_one_target));

    [Fact]
    public void grant_by_a_new_leader_with_an_old_index() => ScriptCatalog.Run(nameof(grant_by_a_new_leader_with_an_old_index));

    [Fact]
    public void applied_index_fallen_back_at_a_restart() => ScriptCatalog.Run(nameof(applied_index_fallen_back_at_a_restart));

    [Fact]
    public void leases_outlive_an_election() => ScriptCatalog.Run(nameof(leases_outlive_an_election));

    [Fact]
    public void renewal_whose_index_is_not_applied_yet() => ScriptCatalog.Run(nameof(renewal_whose_index_is_not_applied_yet));
}
