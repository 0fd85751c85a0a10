using Starling.Core.Errors;
using Starling.Storage.Objects;
using Xunit;

namespace Starling.Tests.Storage;

public sealed class DiskThreadsTests
{
    [Fact]
    public async Task Ending_waits_for_the_commit_under_way_and_refuses_what_comes_later_as_worth_another_try()
    {
        var threads = new DiskThreads(2);
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var gate = new ManualResetEventSlim();
        var finished = false;
        var work = threads.RunAsync(
            () =>
            {
                entered.SetResult();
                gate.Wait(TimeSpan.FromSeconds(30));
                return finished = true;
            },
            CancellationToken.None);
        await entered.Task.WaitAsync(TimeSpan.FromSeconds(30));
        var ending = Task.Run(threads.Dispose);
        StoreException? refused = null;
        while (refused is null)
        {
            try
            {
                var probe = threads.RunAsync(() => true, CancellationToken.None);
                await probe.WaitAsync(TimeSpan.FromSeconds(30));
            }
            catch (StoreException error)
            {
                refused = error;
            }
        }

        Assert.Equal(ErrorCode.Unavailable, refused.Error.Code);
        Assert.NotNull(refused.Error.RetryAfterMs);
        gate.Set();
        await ending.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.True(finished);
        Assert.True(await work);
    }
}
