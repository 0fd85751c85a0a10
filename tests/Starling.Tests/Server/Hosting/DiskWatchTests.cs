using Microsoft.Extensions.Logging;
using Starling.Core.Errors;
using Starling.Server.Hosting;
using Starling.Storage.Files;
using Starling.Storage.Objects;
using Starling.Tests.Storage;
using Xunit;

namespace Starling.Tests.Server.Hosting;

public sealed class DiskWatchTests : IDisposable
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(60);
    private readonly ScratchDirectory scratch = new();
    private readonly ManualTime time = new();
    private readonly Lines log = new();

    public void Dispose() => scratch.Dispose();

    [Fact]
    public async Task A_disk_that_fails_is_told_once_a_minute_and_is_well_again_after_a_quiet_minute_and_a_probe()
    {
        var faulty = new FaultyFileLayer(new LinuxFileLayer());
        using var fixture = new StoreFixture(faulty, MakeMountpath("mp1"));
        var watch = new DiskWatch(fixture.Store, time, Quiet, log);
        Assert.False(watch.HasFault);
        faulty.Arm(1, Errno.EIO, persistent: true);
        for (var i = 0; i < 5; i++)
        {
            await Assert.ThrowsAsync<StoreException>(() => fixture.PutAsync("a", "x", 1));
        }

        Assert.True(watch.HasFault);
        var disk = Assert.Single(watch.Disks);
        Assert.True(disk.Failures >= 5);
        Assert.Contains(disk.Mountpath, Assert.Single(log.Told(LogLevel.Error)), StringComparison.Ordinal);
        Assert.Contains("disk-fault", log.Told(LogLevel.Error)[0], StringComparison.Ordinal);

        // As long as a probe fails it stays so, however quiet it is; that is told again.
        time.Pass(Quiet * 2);
        watch.ProbeAll();
        Assert.True(watch.HasFault);
        Assert.Equal(2, log.Told(LogLevel.Error).Count);

        // A probe that goes well is not enough.
        faulty.Disarm();
        watch.ProbeAll();
        Assert.True(watch.HasFault);
        time.Pass(Quiet);
        watch.ProbeAll();
        Assert.False(watch.HasFault);
        Assert.Single(log.Told(LogLevel.Warning));
        await fixture.PutAsync("a", "x", 1);
    }

    [Fact]
    public async Task B10_a_disk_that_was_unmounted_under_the_process_is_noticed_without_any_request_and_nothing_on_it_is_absent()
    {
        var path = MakeMountpath("mp1");
        using var fixture = new StoreFixture(new LinuxFileLayer(), path);
        var watch = new DiskWatch(fixture.Store, time, Quiet, log);
        await fixture.PutAsync("a", "x", 1);
        watch.ProbeAll();
        Assert.False(watch.HasFault);

        // What an unmount leaves at the path: an empty directory.
        Directory.Move(path, path + ".gone");
        Directory.CreateDirectory(path);
        Assert.Equal("error: Unavailable", await fixture.ReadAsync("a"));
        Assert.Equal("error: Unavailable", await fixture.ReadAsync("never-there"));
        Assert.Equal(ErrorCode.Unavailable, Assert.Throws<StoreException>(() => fixture.List()).Error.Code);
        await Assert.ThrowsAsync<StoreException>(() => fixture.PutAsync("a", "y", 2));
        Assert.Equal(ErrorCode.Unavailable, Assert.Throws<StoreException>(() => fixture.Store.ListBucketsOnDisk()).Error.Code);
        Assert.Empty(Directory.EnumerateFileSystemEntries(path));
        watch.ProbeAll();
        Assert.True(watch.HasFault);
        Assert.Contains("mount its disk there again", Assert.Single(watch.Disks).Fault, StringComparison.Ordinal);

        Directory.Delete(path);
        Directory.Move(path + ".gone", path);
        Assert.Equal("x", await fixture.ReadAsync("a"));
        Assert.Equal("absent", await fixture.ReadAsync("never-there"));
        time.Pass(Quiet);
        watch.ProbeAll();
        Assert.False(watch.HasFault);
    }

    private string MakeMountpath(string name) => Directory.CreateDirectory(Path.Combine(scratch.Path, name)).FullName;

    private sealed class ManualTime : TimeProvider
    {
        private long now = 1;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => now;

        public void Pass(TimeSpan span) => now += span.Ticks;
    }

    private sealed class Lines : ILogger
    {
        private readonly List<(LogLevel Level, string Text)> lines = [];

        public List<string> Told(LogLevel level) => [.. lines.Where(line => line.Level == level).Select(line => line.Text)];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Add((logLevel, formatter(state, exception)));
    }
}
