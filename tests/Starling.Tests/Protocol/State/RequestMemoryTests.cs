using Starling.Core.Errors;
using Starling.Protocol.Codec;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;
using Xunit;

namespace Starling.Tests.Protocol.State;

public class RequestMemoryTests
{
    [Fact]
    public void A12_a_retry_gets_the_outcome_of_the_first_time()
    {
        var create = new CreateBucket(Fold.Bucket(), string.Empty, 5) { RequestId = "r1" };
        var (first, outcome) = Fold.Active(1).Try(create);
        var (second, retried) = first.Apply(new DestroyBucket(Fold.Bucket(), 1)).Try(create);

        Assert.Equal(outcome, retried);
        Assert.Null(second.FindBucket(Fold.Bucket()));
        Assert.Equal(2UL, second.NextBucketId);
    }

    [Fact]
    public void A12_a_refusal_is_remembered_too()
    {
        var destroy = new DestroyBucket(Fold.Bucket(), 1) { RequestId = "r1" };
        var (refused, outcome) = Fold.Active(1).Try(destroy);
        var (_, retried) = refused.Apply(new CreateBucket(Fold.Bucket(), string.Empty, 5)).Try(destroy);

        Assert.Equal(ErrorCode.BucketNotFound, outcome.Error?.Code);
        Assert.Equal(outcome, retried);
    }

    [Fact]
    public void A12_the_last_10000_are_remembered_and_an_older_command_is_refused()
    {
        var state = Fold.Formed().Apply(new CommitSession(Fold.MemberOf(Fold.Gateway(1)), Fold.SessionOf(Fold.Gateway(1)), default));
        var firstSeen = state.AppliedIndex;
        for (var i = 0; i <= RequestMemory.Capacity; i++)
        {
            state = state.Apply(new RecordStop(Fold.Gateway(1), Fold.SessionOf(Fold.Gateway(1))) { RequestId = $"r{i}", SeenIndex = state.AppliedIndex });
        }

        Assert.Equal(RequestMemory.Capacity, state.Requests.Count);
        Assert.Equal(firstSeen + 1, state.Requests.ForgottenThrough);
        Assert.Null(state.Requests.Find("r0"));
        Assert.NotNull(state.Requests.Find("r1"));

        var (after, outcome) = state.Try(new ResetConfig(0) { RequestId = "r0", SeenIndex = firstSeen });
        Assert.Equal(ErrorCode.UnknownOutcome, outcome.Error?.Code);
        Assert.Equal(StateCodec.Encode(state with { AppliedIndex = after.AppliedIndex }), StateCodec.Encode(after));
        Assert.Null(state.Try(new ResetConfig(0) { RequestId = "new", SeenIndex = state.AppliedIndex }).Outcome.Error);
    }

    [Fact]
    public void Without_a_request_id_nothing_is_remembered()
    {
        var state = Fold.Formed().Apply(new ResetConfig(0));
        Assert.Equal(0, state.Requests.Count);
    }
}
