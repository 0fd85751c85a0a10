using Starling.Core.Errors;
using Starling.Core.Objects;
using Starling.Storage.Files;
using Starling.Storage.Mountpaths;
using Starling.Storage.Objects;
using Xunit;

namespace Starling.Tests.Storage;

/// <summary>Every call of every write path fails once, or from then on, with every error (invariant I7).</summary>
public sealed class ErrorInjectionTests
{
    private const string Name = "dir/name";

    public static TheoryData<Errno, bool, string> Cases
    {
        get
        {
            var cases = new TheoryData<Errno, bool, string>();
            foreach (var errno in (Errno[])[Errno.EIO, Errno.ENOSPC, Errno.EROFS, Errno.EDQUOT])
            {
                foreach (var persistent in (bool[])[false, true])
                {
                    foreach (var step in (string[])["put new", "put over object", "put over tombstone", "put buffered", "delete", "delete new", "forget"])
                    {
                        cases.Add(errno, persistent, step);
                    }
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task I7_Any_failing_call_fails_the_request_shows_nothing_and_keeps_the_old_state(Errno errno, bool persistent, string step)
    {
        var failures = 0;
        for (var failAt = 1; ; failAt++)
        {
            Assert.True(failAt < 200, "the step does not end");
            var disk = NewDisk();
            var faulty = new FaultyFileLayer(disk);
            using var fixture = new StoreFixture(faulty, "/mp1", "/mp2");
            var before = await PrepareAsync(fixture, step);
            faulty.Arm(failAt, errno, persistent);
            var error = await RunAsync(fixture, step);
            faulty.Disarm();
            var context = $"{step}: call {failAt} ({faulty.Failed}) {errno}, persistent {persistent}, error {error?.Error}";
            var after = step.StartsWith("put", StringComparison.Ordinal) ? "new" : step == "forget" ? "absent" : "deleted";
            var read = await fixture.ReadAsync(Name);
            if (error is null)
            {
                Assert.True(read == after, $"{context}: success, but read \"{read}\"");
                await AssertSurvivesAsync(disk, step, [after], context);
            }
            else
            {
                failures++;
                Assert.Contains(error.Error.Code, (ErrorCode[])[errno is Errno.EIO or Errno.EROFS ? ErrorCode.DiskFailure : ErrorCode.OutOfSpace, ErrorCode.UnknownOutcome]);
                Assert.Contains(persistent ? "/mp" : faulty.Failed!.Split(' ')[^1], error.Message, StringComparison.Ordinal);
                string[] allowed = error.Error.Code == ErrorCode.UnknownOutcome ? [before, after, "deleted"] : [before];
                Assert.True(allowed.Contains(read, StringComparer.Ordinal), $"{context}: read \"{read}\", allowed {string.Join(", ", allowed)}");
                await AssertSurvivesAsync(disk, step, allowed, context);
                await fixture.PutAsync(Name, "later", 50);
                Assert.Equal("later", await fixture.ReadAsync(Name));
            }

            if (faulty.Failed is null)
            {
                break;
            }
        }

        Assert.True(failures > 0, "no call failed: the injection does not reach this path");
    }

    [Fact]
    public async Task FD2_Full_disk_while_the_body_arrives_removes_the_work_file_and_says_out_of_space()
    {
        var disk = NewDisk();
        var faulty = new FaultyFileLayer(disk);
        using var fixture = new StoreFixture(faulty, "/mp1");
        var session = fixture.Store.OpenWrite(StoreFixture.Name("a"), StoreFixture.BucketId, "xxhash2");
        await session.WriteAsync(new byte[1000], CancellationToken.None);
        faulty.Arm(1, Errno.ENOSPC, persistent: false);
        var error = await Assert.ThrowsAsync<StoreException>(() => session.WriteAsync(new byte[1000], CancellationToken.None).AsTask());
        Assert.Equal(ErrorCode.OutOfSpace, error.Error.Code);
        Assert.StartsWith("unlink /mp1/.starling/work/", disk.Journal[^1], StringComparison.Ordinal);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => session.WriteAsync(new byte[1], CancellationToken.None).AsTask());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => fixture.Store.CommitAsync(session, session.NewRecord(StoreFixture.Key(1), 1), Durability.Durable, CancellationToken.None).AsTask());
    }

    [Fact]
    public async Task Disk_that_refuses_is_reported_with_its_mountpath_and_a_full_one_is_not()
    {
        var faulty = new FaultyFileLayer(NewDisk());
        using var fixture = new StoreFixture(faulty, "/mp1");
        var reported = new List<(Mountpath, ErrorCode)>();
        fixture.Store.DiskFailed += (mountpath, error) => reported.Add((mountpath, error.Code));
        faulty.Arm(1, Errno.ENOSPC, persistent: true);
        await Assert.ThrowsAsync<StoreException>(() => fixture.PutAsync("a", "x", 1));
        Assert.Empty(reported);
        faulty.Arm(1, Errno.EROFS, persistent: true);
        await Assert.ThrowsAsync<StoreException>(() => fixture.PutAsync("a", "x", 1));
        Assert.Equal((fixture.Mountpaths.All[0], ErrorCode.DiskFailure), reported[0]);
    }

    [Fact]
    public async Task FD1_Unreadable_disk_is_an_error_of_look_up_read_and_listing_and_never_absent()
    {
        var faulty = new FaultyFileLayer(NewDisk());
        using var fixture = new StoreFixture(faulty, "/mp1");
        await fixture.PutAsync(Name, "x", 1);
        foreach (var name in (string[])[Name, "other"])
        {
            for (var failAt = 1; failAt <= 2; failAt++)
            {
                faulty.Arm(failAt, Errno.EIO, persistent: false);
                Assert.Equal(ErrorCode.DiskFailure, fixture.Store.Lookup(StoreFixture.Name(name), StoreFixture.BucketId).Error!.Code);
                faulty.Arm(failAt, Errno.EIO, persistent: false);
                Assert.Equal("error: DiskFailure", await fixture.ReadAsync(name));
            }
        }

        for (var failAt = 1; failAt <= 2; failAt++)
        {
            faulty.Arm(failAt, Errno.EIO, persistent: false);
            Assert.Equal(ErrorCode.DiskFailure, Assert.Throws<StoreException>(() => fixture.List()).Error.Code);
        }
    }

    private static RecordingFileLayer NewDisk()
    {
        var disk = new RecordingFileLayer();
        disk.MakeDirectory("/mp1");
        disk.MakeDirectory("/mp2");
        disk.SyncFileSystem("/");
        return disk;
    }

    private static async Task<string> PrepareAsync(StoreFixture fixture, string step)
    {
        await fixture.PutAsync("dir/other", "other", 1);
        if (step is "put over object" or "delete" or "forget" or "put over tombstone")
        {
            await fixture.PutAsync(Name, "old", 2);
        }

        if (step is "put over tombstone")
        {
            await fixture.DeleteAsync(Name, 3);
        }

        return await fixture.ReadAsync(Name);
    }

    private static async Task<StoreException?> RunAsync(StoreFixture fixture, string step)
    {
        try
        {
            await (step switch
            {
                "delete" or "delete new" => fixture.DeleteAsync(Name, 10),
                "forget" => fixture.Store.ForgetAsync(StoreFixture.Name(Name), StoreFixture.BucketId, Durability.Durable, CancellationToken.None).AsTask(),
                _ => fixture.PutAsync(Name, "new", 10, step == "put buffered" ? Durability.Buffered : Durability.Durable),
            });
            return null;
        }
        catch (StoreException exception)
        {
            return exception;
        }
    }

    /// <summary>After the failure the power goes too: what was acknowledged is still there, the failed step happened or not.</summary>
    private static async Task AssertSurvivesAsync(RecordingFileLayer disk, string step, string[] allowed, string context)
    {
        if (step == "put buffered")
        {
            return;
        }

        foreach (var (state, files) in disk.CrashStates(new Random(1), exhaustiveUpTo: 5, samples: 10))
        {
            using var after = new StoreFixture(files, "/mp1", "/mp2");
            var read = await after.ReadAsync(Name);
            Assert.True(allowed.Contains(read, StringComparer.Ordinal), $"{context}; after a power cut ({state}): read \"{read}\", allowed {string.Join(", ", allowed)}");
            Assert.Equal("other", await after.ReadAsync("dir/other"));
        }
    }
}
