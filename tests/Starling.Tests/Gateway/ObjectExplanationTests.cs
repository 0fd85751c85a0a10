using Starling.Core.Names;
using Starling.Core.Wire;
using Starling.Gateway.Lifecycle;
using Starling.Protocol.State;
using Starling.Tests.Protocol.State;
using Xunit;

namespace Starling.Tests.Gateway;

/// <summary>What is said of an object's whereabouts agrees with what a read would do.</summary>
public sealed class ObjectExplanationTests
{
    private readonly ClusterState before = Fold.Serving(3);
    private readonly ClusterState after;
    private readonly ObjectName name;

    public ObjectExplanationTests()
    {
        after = before.Move((2, AdminState.Draining));
        name = Fold.NameOwnedBy(after, (1, 2), (2, 1));
    }

    [Fact]
    public void In_a_converged_cluster_the_owner_alone_answers()
    {
        var explained = Explain(before, Copy(2, "live", "1.5.1"), Copy(1, "absent"), Copy(3, "verified-leftover", "1.2.9"));
        Assert.Equal((Fold.Target(2).Value, Fold.Target(2).Value, 0), (explained.Owner, explained.ServedBy, explained.Candidates.Length));
        Assert.StartsWith("200", explained.Answer, StringComparison.Ordinal);
        Assert.Equal(["target01", "target02", "target03"], explained.Copies.Select(copy => copy.Node));
    }

    [Fact]
    public void What_was_not_handed_over_yet_is_read_from_the_former_owner()
    {
        var explained = Explain(after, Copy(1, "absent"), Copy(2, "live", "1.5.1"), Copy(3, "absent"));
        Assert.Equal((Fold.Target(1).Value, Fold.Target(2).Value), (explained.Owner, explained.ServedBy));
        Assert.Equal([Fold.Target(2).Value], explained.Candidates);
        Assert.Equal([2L, 1L], explained.Owners.Select(owner => owner.Epoch).Take(2));
        Assert.Contains("may still hold", explained.Owners[1].Why, StringComparison.Ordinal);
    }

    [Fact]
    public void A_silent_former_owner_makes_it_503_and_never_404_unless_the_record_here_is_newer()
    {
        var silent = Explain(after, Copy(1, "absent"), Copy(2, "unreachable"), Copy(3, "absent"));
        Assert.StartsWith("503, never 404", silent.Answer, StringComparison.Ordinal);
        Assert.Empty(silent.ServedBy);
        var written = Explain(after, Copy(1, "live", "2.5.1"), Copy(2, "unreachable"), Copy(3, "absent"));
        Assert.Equal((Fold.Target(1).Value, 0), (written.ServedBy, written.Candidates.Length));
    }

    [Fact]
    public void A_silent_owner_is_503_whoever_else_answers()
    {
        var explained = Explain(after, Copy(1, "unreachable"), Copy(2, "live", "1.5.1"), Copy(3, "absent"));
        Assert.StartsWith("503", explained.Answer, StringComparison.Ordinal);
    }

    [Fact]
    public void The_newest_record_decides_and_a_tombstone_hides_older_ones()
    {
        Assert.StartsWith("404: deleted", Explain(after, Copy(1, "tombstone", "2.9.1"), Copy(2, "live", "1.5.1"), Copy(3, "absent")).Answer, StringComparison.Ordinal);
        Assert.StartsWith("404: deleted", Explain(after, Copy(1, "absent"), Copy(2, "tombstone", "1.5.1"), Copy(3, "absent")).Answer, StringComparison.Ordinal);
        Assert.StartsWith("404: nobody", Explain(after, Copy(1, "leftover", "1.5.1"), Copy(2, "absent"), Copy(3, "absent")).Answer, StringComparison.Ordinal);
    }

    private ExplainWire Explain(ClusterState state, params ExplainCopyWire[] copies) => ObjectExplanation.Of(state, state.FindBucket(Fold.Bucket())!, name, copies);

    private static ExplainCopyWire Copy(int target, string state, string key = "") => new() { Node = Fold.Target(target).Value, State = state, Key = key };
}
