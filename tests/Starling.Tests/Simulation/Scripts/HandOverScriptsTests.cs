using Starling.Simulation.Scripts;
using Xunit;

namespace Starling.Tests.Simulation.Scripts;

/// <summary>Records on their way between targets (rules B6 to B9, B11). The stories themselves are in Starling.Simulation, where <c>./dev sim --script NAME</c> runs one with its trace.</summary>
public sealed class HandOverScriptsTests
{
    [Fact]
    public void get_while_the_object_is_handed_over() => ScriptCatalog.Run(nameof(get_while_the_object_is_handed_over));

    [Fact]
    public void put_that_follows_a_name_that_moves() => ScriptCatalog.Run(nameof(put_that_follows_a_name_that_moves));

    [Fact]
    public void get_beside_a_flush_that_a_power_cut_revokes() => ScriptCatalog.Run(nameof(get_beside_a_flush_that_a_power_cut_revokes));

    [Fact]
    public void unverified_leftover_is_kept_until_its_receiver_is_lost() => ScriptCatalog.Run(nameof(unverified_leftover_is_kept_until_its_receiver_is_lost));

    [Fact]
    public void stale_local_hit() => ScriptCatalog.Run(nameof(stale_local_hit));

    [Fact]
    public void tombstone_left_behind() => ScriptCatalog.Run(nameof(tombstone_left_behind));

    [Fact]
    public void bucket_recreated_while_moving() => ScriptCatalog.Run(nameof(bucket_recreated_while_moving));

    [Fact]
    public void both_sides_end_as_leftovers() => ScriptCatalog.Run(nameof(both_sides_end_as_leftovers));

    [Fact]
    public void receive_that_finishes_after_ownership_moved_on() => ScriptCatalog.Run(nameof(receive_that_finishes_after_ownership_moved_on));

    [Fact]
    public void stalled_duplicate_of_a_push_after_the_tombstone_is_gone() => ScriptCatalog.Run(nameof(stalled_duplicate_of_a_push_after_the_tombstone_is_gone));

    [Fact]
    public void unflushed_hand_over_mark_behind_the_cursor() => ScriptCatalog.Run(nameof(unflushed_hand_over_mark_behind_the_cursor));

    [Fact]
    public void power_cut_of_a_receiver_that_answered() => ScriptCatalog.Run(nameof(power_cut_of_a_receiver_that_answered));

    [Fact]
    public void get_at_an_owner_that_hands_its_record_over_before_the_answers_come() => ScriptCatalog.Run(nameof(get_at_an_owner_that_hands_its_record_over_before_the_answers_come));

    [Fact]
    public void push_that_reads_beside_a_commit_in_flight() => ScriptCatalog.Run(nameof(push_that_reads_beside_a_commit_in_flight));

    [Fact]
    public void verified_leftover_verified_again() => ScriptCatalog.Run(nameof(verified_leftover_verified_again));

    [Fact]
    public void verification_that_nobody_answers() => ScriptCatalog.Run(nameof(verification_that_nobody_answers));

    [Fact]
    public void record_that_the_receiver_lost_is_found_missing() => ScriptCatalog.Run(nameof(record_that_the_receiver_lost_is_found_missing));

    [Fact]
    public void weights_changed_under_the_subset_shortcut() => ScriptCatalog.Run(nameof(weights_changed_under_the_subset_shortcut));

    [Fact]
    public void fence_not_transitive_in_a_cluster() => ScriptCatalog.Run(nameof(fence_not_transitive_in_a_cluster));

    [Fact]
    public void rename_that_hangs_across_an_epoch_in_a_cluster() => ScriptCatalog.Run(nameof(rename_that_hangs_across_an_epoch_in_a_cluster));
}
