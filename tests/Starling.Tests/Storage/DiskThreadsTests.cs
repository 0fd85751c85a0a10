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

    [Fact]
    public async Task As_many_works_run_at_once_as_there_are_threads_and_the_next_one_follows()
    {
        using var threads = new DiskThreads(2);
        using var gate = new SemaphoreSlim(0);
        var entered = Enumerable.Range(0, 3).Select(_ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).ToArray();
        var works = entered.Select(one => threads.RunAsync(
            () =>
            {
                one.SetResult();
                return gate.Wait(TimeSpan.FromSeconds(30));
            },
            CancellationToken.None)).ToArray();
        await Task.WhenAll(entered[0].Task, entered[1].Task).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.False(entered[2].Task.IsCompleted);
        gate.Release();
        await entered[2].Task.WaitAsync(TimeSpan.FromSeconds(30));
        gate.Release(2);
        Assert.All(await Task.WhenAll(works).WaitAsync(TimeSpan.FromSeconds(30)), Assert.True);
    }

    [Fact]
    public async Task No_work_is_forgotten_however_many_ask_at_once()
    {
        using var threads = new DiskThreads(4);
        var asking = Enumerable.Range(0, 8).Select(asker => Task.Run(async () =>
        {
            var sum = 0;
            for (var i = 0; i < 2_000; i++)
            {
                sum += await threads.RunAsync(() => 1, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));
            }

            return sum;
        }));
        Assert.All(await Task.WhenAll(asking), sum => Assert.Equal(2_000, sum));
    }
}
