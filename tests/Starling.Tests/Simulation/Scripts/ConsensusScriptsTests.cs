using Starling.Simulation.Scripts;
using Xunit;

namespace Starling.Tests.Simulation.Scripts;

/// <summary>Voters, leaders and lost disks (rules A1-A8, A10, A12). The stories themselves are in Starling.Simulation, where <c>./dev sim --script NAME</c> runs one with its trace.</summary>
public sealed class ConsensusScriptsTests
{
    [Fact]
    public void non_leading_majority() => ScriptCatalog.Run(nameof(non_leading_majority));

    [Fact]
    public void rank_of_a_gateway_that_voters_do_not_know_yet() => ScriptCatalog.Run(nameof(rank_of_a_gateway_that_voters_do_not_know_yet));

    [Fact]
    public void wiped_voter_with_the_same_id() => ScriptCatalog.Run(nameof(wiped_voter_with_the_same_id));

    [Fact]
    public void a_follower_that_was_down_while_its_leader_was_wiped_and_elected_again() => ScriptCatalog.Run(nameof(a_follower_that_was_down_while_its_leader_was_wiped_and_elected_again));

    [Fact]
    public void one_of_three_gateways_dies() => ScriptCatalog.Run(nameof(one_of_three_gateways_dies));

    [Fact]
    public void a_voter_leaves_in_the_moment_in_which_another_loses_its_disk() => ScriptCatalog.Run(nameof(a_voter_leaves_in_the_moment_in_which_another_loses_its_disk));

    [Fact]
    public void one_of_three_voters_dies_and_nobody_stands_ready() => ScriptCatalog.Run(nameof(one_of_three_voters_dies_and_nobody_stands_ready));

    [Fact]
    public void cloned_disk() => ScriptCatalog.Run(nameof(cloned_disk));

    [Fact]
    public void duplicated_retry_of_an_undone_operation() => ScriptCatalog.Run(nameof(duplicated_retry_of_an_undone_operation));

    [Fact]
    public void log_ends_below_what_the_leader_saw_acknowledged() => ScriptCatalog.Run(nameof(log_ends_below_what_the_leader_saw_acknowledged));

    [Fact]
    public void read_by_an_old_leader_is_not_answered() => ScriptCatalog.Run(nameof(read_by_an_old_leader_is_not_answered));

    [Fact]
    public void answer_to_an_old_round_while_leading_again() => ScriptCatalog.Run(nameof(answer_to_an_old_round_while_leading_again));

    [Fact]
    public void refused_proposal_whose_first_copy_arrives_later() => ScriptCatalog.Run(nameof(refused_proposal_whose_first_copy_arrives_later));

    [Fact]
    public void an_isolated_leader_steps_down() => ScriptCatalog.Run(nameof(an_isolated_leader_steps_down));

    [Fact]
    public void pre_vote_while_a_leader_is_heard() => ScriptCatalog.Run(nameof(pre_vote_while_a_leader_is_heard));
}
