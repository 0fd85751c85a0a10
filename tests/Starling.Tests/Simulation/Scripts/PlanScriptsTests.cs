using Starling.Simulation.Scripts;
using Xunit;

namespace Starling.Tests.Simulation.Scripts;

/// <summary>Epochs, fences and plans (rules B4-B7). The stories themselves are in Starling.Simulation, where <c>./dev sim --script NAME</c> runs one with its trace.</summary>
public sealed class PlanScriptsTests
{
    [Fact]
    public void fence_not_transitive() => ScriptCatalog.Run(nameof(fence_not_transitive));

    [Fact]
    public void epoch_taken_late() => ScriptCatalog.Run(nameof(epoch_taken_late));

    [Fact]
    public void rename_that_hangs_across_an_epoch() => ScriptCatalog.Run(nameof(rename_that_hangs_across_an_epoch));

    [Fact]
    public void bucket_recreated_obsolete_keys() => ScriptCatalog.Run(nameof(bucket_recreated_obsolete_keys));

    [Fact]
    public void two_name_locks_asking_each_other() => ScriptCatalog.Run(nameof(two_name_locks_asking_each_other));

    [Fact]
    public void hit_served_across_an_epoch_change() => ScriptCatalog.Run(nameof(hit_served_across_an_epoch_change));

    [Fact]
    public void no_second_look_no_answer() => ScriptCatalog.Run(nameof(no_second_look_no_answer));

    [Fact]
    public void condition_on_a_record_that_was_deleted_and_forgotten() => ScriptCatalog.Run(nameof(condition_on_a_record_that_was_deleted_and_forgotten));

    [Fact]
    public void report_by_a_superseded_session() => ScriptCatalog.Run(nameof(report_by_a_superseded_session));
}
