using Starling.Core.Config;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Rebalance;
using Starling.Target.Neighbors;
using Starling.Target.Rebalance;
using Starling.Tests.Protocol.Objects;
using Starling.Tests.Protocol.State;
using Xunit;

namespace Starling.Tests.Target.Rebalance;

/// <summary>Each knob of the configuration that a rebalance knows has an effect.</summary>
public sealed class PassOptionsTests
{
    [Fact]
    public void The_defaults_are_those_of_the_build()
    {
        var options = new PassOptions().As(ConfigDocument.Read(ConfigDocument.Default));
        Assert.Equal((new PaceLimits(), TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(30)), (options.Pace, options.HandOffWithin, options.VerifyWithin));
    }

    [Theory]
    [InlineData("""{"rebalance":{"burst_buffer":160}}""", 10, 2, 20, 0, 30)]
    [InlineData("""{"rebalance":{"dest_retry_time":"40s"}}""", 64, 2, 20, 0, 10)]
    [InlineData("""{"pace":{"latency_percent":150}}""", 64, 1.5, 20, 0, 30)]
    [InlineData("""{"pace":{"latency_slack":"5ms"}}""", 64, 2, 5, 0, 30)]
    [InlineData("""{"pace":{"max_bytes_per_second":"10MiB"}}""", 64, 2, 20, 10 << 20, 30)]
    public void A_setting_changes_what_it_names_and_nothing_else(string json, int inFlight, double factor, double slackMs, long cap, int withinSeconds)
    {
        var options = new PassOptions().As(ConfigDocument.Read(json));
        Assert.Equal(new PaceLimits(inFlight, factor, slackMs, cap), options.Pace);
        Assert.Equal((TimeSpan.FromSeconds(withinSeconds), TimeSpan.FromSeconds(withinSeconds)), (options.HandOffWithin, options.VerifyWithin));
    }

    [Theory]
    [InlineData("""{"rebalance":{"burst_buffer":31}}""", "rebalance.burst_buffer")]
    [InlineData("""{"rebalance":{"bundle_multiplier":17}}""", "rebalance.bundle_multiplier")]
    [InlineData("""{"rebalance":{"dest_retry_time":"11m"}}""", "rebalance.dest_retry_time")]
    [InlineData("""{"rebalance":{"compression":"often"}}""", "rebalance")]
    [InlineData("""{"pace":{"latency_percent":99}}""", "pace.latency_percent")]
    [InlineData("""{"pace":{"latency_slack":"2m"}}""", "pace.latency_slack")]
    public void What_is_out_of_range_is_refused_by_name(string patch, string named)
    {
        Assert.False(ConfigDocument.TryPatch(ConfigDocument.Default, patch, out _, out var error));
        Assert.Contains(named, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Bundle_multiplier_bounds_the_requests_under_way_to_one_receiver(int streams)
    {
        var (now, most, gate) = (0, 0, new SemaphoreSlim(0));
        var full = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var lane = new PushLane(
            async (items, _) =>
            {
                most = Math.Max(most, Interlocked.Increment(ref now));
                if (now == streams)
                {
                    full.TrySetResult();
                }

                await gate.WaitAsync();
                Interlocked.Decrement(ref now);
                return [.. items.Select(item => new PushAnswer(PushAnswerKind.Stale, 1, 1))];
            },
            () => streams);
        var offers = Enumerable.Range(0, 12).Select(i =>
        {
            var offer = new PushRequest(ObjectName.Parse(Fold.Bucket(), $"n{i}"), PlanScript.Record(), Fold.Target(1), 1, 1);
            return lane.PushAsync(_ => ValueTask.FromResult<PushItem?>(new PushItem(offer, null!, null)), offer, TimeSpan.FromSeconds(30), CancellationToken.None);
        }).ToArray();
        await full.Task.WaitAsync(TimeSpan.FromSeconds(30));
        gate.Release(100);
        await Task.WhenAll(offers);
        Assert.Equal(streams, most);
        gate.Dispose();
    }
}
