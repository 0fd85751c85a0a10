using Starling.Core.Config;
using Starling.Core.Errors;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;
using Xunit;

namespace Starling.Tests.Protocol.State;

public class BucketCommandTests
{
    [Fact]
    public void B1_bucket_ids_grow_and_are_never_used_again()
    {
        var state = Fold.Active(1);
        var (first, outcome) = state.Try(new CreateBucket(Fold.Bucket(), string.Empty, 5));
        var second = first.Apply(new DestroyBucket(Fold.Bucket(), 1)).Apply(new CreateBucket(Fold.Bucket(), string.Empty, 6));

        Assert.Equal("1", outcome.Result);
        Assert.Equal(2UL, second.FindBucket(Fold.Bucket())!.Id);
        Assert.Equal(BucketStanding.Retired, second.StandingOf(1));
        Assert.Equal(BucketStanding.Live, second.StandingOf(2));
        Assert.Equal(BucketStanding.Unknown, second.StandingOf(3));
        Assert.Equal(state.Versions with { Bmd = state.Versions.Bmd + 3 }, second.Versions);
    }

    [Fact]
    public void A12_a_late_destroy_does_not_hit_a_successor_of_the_same_name()
    {
        var state = Fold.Serving(1).Apply(new DestroyBucket(Fold.Bucket(), 1)).Apply(new CreateBucket(Fold.Bucket(), string.Empty, 6));

        Assert.Equal(ErrorCode.BucketNotFound, state.Try(new DestroyBucket(Fold.Bucket(), 1)).Outcome.Error?.Code);
        Assert.Equal(ErrorCode.BucketNotFound, state.Try(new SetBucketProps(Fold.Bucket(), 1, "{}")).Outcome.Error?.Code);
        Assert.Equal(ErrorCode.BucketNotFound, state.Try(new ResetBucketProps(Fold.Bucket(), 1)).Outcome.Error?.Code);
    }

    [Fact]
    public void A_new_bucket_inherits_the_defaults_of_the_cluster_and_a_reset_brings_them_back()
    {
        var state = Fold.Active(1).Apply(new SetConfig("""{"checksum":{"type":"md5"}}""", 0)).Apply(new CreateBucket(Fold.Bucket(), """{"durability":"buffered"}""", 5));
        var created = state.FindBucket(Fold.Bucket())!.Props;
        var changed = state.Apply(new SetBucketProps(Fold.Bucket(), 1, """{"versioning":{"enabled":false}}"""));
        var reset = changed.Apply(new ResetBucketProps(Fold.Bucket(), 1));

        Assert.Equal("md5", BucketPropsDocument.Read(created.Json).Checksum.Type);
        Assert.Equal("buffered", BucketPropsDocument.Read(created.Json).Durability);
        Assert.False(BucketPropsDocument.Read(changed.FindBucket(Fold.Bucket())!.Props.Json).Versioning.Enabled);
        var back = BucketPropsDocument.Read(reset.FindBucket(Fold.Bucket())!.Props.Json);
        Assert.Equal((true, "durable", 5, (1UL << 63) | 1), (back.Versioning.Enabled, back.Durability, back.CreatedNs, back.BucketId));
    }

    [Fact]
    public void Settings_that_are_wrong_are_refused_and_change_nothing()
    {
        var state = Fold.Serving(1);
        Assert.Equal(ErrorCode.Invalid, state.Try(new SetConfig("""{"no_such_section":{"x":1}}""", 0)).Outcome.Error?.Code);
        Assert.Equal(ErrorCode.Invalid, state.Try(new SetConfig("{broken", 0)).Outcome.Error?.Code);
        Assert.Equal(ErrorCode.Invalid, state.Try(new SetBucketProps(Fold.Bucket(), 1, """{"mirror":{"copies":99}}""")).Outcome.Error?.Code);
        Assert.Equal(ErrorCode.Invalid, state.Try(new CreateBucket(Fold.Bucket("other"), "[]", 1)).Outcome.Error?.Code);
        Assert.Equal(ErrorCode.Invalid, state.Try(new ResetConfig(0) { Defaults = new ClusterConfig("[]") }).Outcome.Error?.Code);
    }

    [Fact]
    public void A_bucket_is_created_once_and_only_when_somebody_can_store_it()
    {
        Assert.Equal(ErrorCode.BucketExists, Fold.Serving(1).Try(new CreateBucket(Fold.Bucket(), string.Empty, 5)).Outcome.Error?.Code);
        Assert.Equal(ErrorCode.Unavailable, Fold.Formed().Try(new CreateBucket(Fold.Bucket(), string.Empty, 5)).Outcome.Error?.Code);
        Assert.Equal(ErrorCode.Unavailable, ClusterState.Empty.Try(new CreateBucket(Fold.Bucket(), string.Empty, 5)).Outcome.Error?.Code);
    }

    [Fact]
    public void A11_a_configuration_change_made_against_an_older_version_is_refused()
    {
        var state = Fold.Formed();
        var changed = state.Apply(new SetConfig("""{"rebalance":{"enabled":false}}""", state.Versions.Conf));

        Assert.Equal(state.Versions.Conf + 1, changed.Versions.Conf);
        Assert.Equal(ErrorCode.Conflict, changed.Try(new SetConfig("{}", state.Versions.Conf)).Outcome.Error?.Code);
        Assert.Equal(ErrorCode.Conflict, changed.Try(new ResetConfig(state.Versions.Conf)).Outcome.Error?.Code);
        Assert.Equal(state.Config, changed.Apply(new ResetConfig(0)).Config);
    }
}
