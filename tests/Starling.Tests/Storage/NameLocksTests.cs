using Starling.Storage;
using Xunit;

namespace Starling.Tests.Storage;

/// <summary>Locks on names: sharing, exclusion, order, cancellation. No waiting by the clock: whether a task is completed is decided when it is asked.</summary>
public sealed class NameLocksTests
{
    private const ulong Name = 42;

    private readonly NameLocks locks = new(16);

    [Fact]
    public async Task Look_ups_share_and_a_commit_excludes_everybody()
    {
        var first = await Shared();
        var second = await Shared();
        var commit = Exclusive();
        Assert.False(commit.IsCompleted);
        first.Dispose();
        Assert.False(commit.IsCompleted);
        second.Dispose();
        var held = await commit;
        var waiting = Shared();
        var other = Exclusive();
        Assert.False(waiting.IsCompleted || other.IsCompleted);
        held.Dispose();
        (await waiting).Dispose();
        (await other).Dispose();
        (await Exclusive()).Dispose();
    }

    [Fact]
    public async Task First_come_first_served_so_that_look_ups_do_not_starve_a_commit()
    {
        var reader = await Shared();
        var commit = Exclusive();
        var late = Shared();
        Assert.False(late.IsCompleted);
        reader.Dispose();
        var held = await commit;
        Assert.False(late.IsCompleted);
        held.Dispose();
        (await late).Dispose();
    }

    [Fact]
    public async Task Cancelled_wait_leaves_the_queue_and_lets_those_behind_it_through()
    {
        using var deadline = new CancellationTokenSource();
        var reader = await Shared();
        var commit = locks.LockExclusiveAsync(Name, deadline.Token).AsTask();
        var late = Shared();
        Assert.False(late.IsCompleted);
        await deadline.CancelAsync();
        await Assert.ThrowsAsync<OperationCanceledException>(() => commit);
        (await late).Dispose();
        reader.Dispose();
        (await Exclusive()).Dispose();
        await Assert.ThrowsAsync<OperationCanceledException>(() => locks.LockSharedAsync(Name, deadline.Token).AsTask());
    }

    [Fact]
    public async Task Names_of_other_stripes_do_not_wait()
    {
        var held = await Exclusive();
        using var other = await locks.LockExclusiveAsync(Name + 1, CancellationToken.None);
        var same = locks.LockExclusiveAsync(Name + 16, CancellationToken.None).AsTask();
        Assert.False(same.IsCompleted);
        held.Dispose();
        (await same).Dispose();
    }

    [Fact]
    public async Task Many_tasks_never_break_exclusion()
    {
        var readers = 0;
        var writers = 0;
        void Add(bool exclusive, int by) => Interlocked.Add(ref exclusive ? ref writers : ref readers, by);
        async Task WorkAsync(int seed)
        {
            var random = new Random(seed);
            for (var i = 0; i < 300; i++)
            {
                var exclusive = random.Next(3) == 0;
                using var held = exclusive ? await locks.LockExclusiveAsync(Name, CancellationToken.None) : await locks.LockSharedAsync(Name, CancellationToken.None);
                Add(exclusive, 1);
                Assert.True(exclusive ? writers == 1 && readers == 0 : writers == 0);
                if (i % 10 == 0)
                {
                    await Task.Yield();
                }

                Assert.True(exclusive ? writers == 1 && readers == 0 : writers == 0);
                Add(exclusive, -1);
            }
        }

        await Task.WhenAll(Enumerable.Range(0, 8).Select(seed => Task.Run(() => WorkAsync(seed)))).WaitAsync(TimeSpan.FromSeconds(60));
        (await Exclusive()).Dispose();
    }

    private Task<NameLocks.Held> Shared() => locks.LockSharedAsync(Name, CancellationToken.None).AsTask();

    private Task<NameLocks.Held> Exclusive() => locks.LockExclusiveAsync(Name, CancellationToken.None).AsTask();
}
