#:project ../../src/Starling.Storage/Starling.Storage.csproj
#:property PublishAot=false

// What a pass costs on a disk: dotnet run -c Release tests/Measurements/DiskWalk.cs -- DIRECTORY OBJECTS [PER_DIRECTORY]
// Makes the objects (1 KiB, buffered) in DIRECTORY, which must be empty and is emptied again, and measures walks, marks, verified marks and reclaims.
using System.Diagnostics;
using System.Globalization;
using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Storage.Files;
using Starling.Storage.Mountpaths;
using Starling.Storage.Objects;

if (args is not [var root, var countText, ..] || !int.TryParse(countText, CultureInfo.InvariantCulture, out var count) || count < 1)
{
    Console.Error.WriteLine("usage: DIRECTORY OBJECTS [PER_DIRECTORY]");
    return 2;
}

var perDirectory = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 1000;
Directory.CreateDirectory(root);
using var mountpaths = MountpathSet.Open(new LinuxFileLayer(), new MountpathOptions { Paths = [Path.GetFullPath(root)], TargetId = "measured" });
using var store = new ObjectStore(mountpaths);
var mountpath = mountpaths.All[0];
var bucket = BucketName.Parse("ais", null, "measured");
var receiver = NodeId.Parse("receiver");
const ulong BucketId = 1;
ObjectName NameOf(int i) => ObjectName.Parse(bucket, $"d{i / perDirectory:d5}/object-{i:d9}");
RecordKey KeyOf(int i) => new(BucketId, 1, 1, i + 1);

var body = new byte[1024];
Random.Shared.NextBytes(body);
await MeasureAsync("put, buffered", count, 8, async i =>
{
    using var session = store.OpenWrite(NameOf(i), BucketId, "xxhash2");
    await session.WriteAsync(body, CancellationToken.None);
    await store.CommitAsync(session, session.NewRecord(KeyOf(i), 1), Durability.Buffered, CancellationToken.None);
});
await MeasureAsync("flush of the mountpath", 1, 1, async _ => await store.FlushMountpathAsync(mountpath, CancellationToken.None));
Walk("walk, live, first", MountpathWalkKind.Live);
Walk("walk, live, again", MountpathWalkKind.Live);
Walk("walk, unverified, none there", MountpathWalkKind.UnverifiedLeftovers);
var marked = Math.Min(count, 5_000);
await MeasureAsync("mark as leftover, flushed, 32 at once", marked, 32, async i => await store.MarkLeftoverAsync(NameOf(i), KeyOf(i), 1, receiver, CancellationToken.None));
await MeasureAsync("mark as verified, flushed, 32 at once", marked, 32, async i => await store.MarkVerifiedAsync(NameOf(i), KeyOf(i), new LeftoverMark(1, receiver, false), CancellationToken.None));
Walk("walk, unverified, all verified", MountpathWalkKind.UnverifiedLeftovers);
Walk("walk, forgettable", MountpathWalkKind.Forgettable);
await MeasureAsync("reclaim", marked, 1, i => Task.FromResult(store.Reclaim(NameOf(i), KeyOf(i))));
store.DestroyRetiredBuckets((_, _) => true);
await MeasureAsync("emptying of the trash", count - marked, 0, _ => Task.FromResult(store.EmptyTrash(CancellationToken.None)));
return 0;

void Walk(string what, MountpathWalkKind kind)
{
    var walk = store.WalkMountpath(mountpath, kind);
    var (shown, cursor) = (0, string.Empty);
    var began = Stopwatch.GetTimestamp();
    var cpu = Process.GetCurrentProcess().TotalProcessorTime;
    for (var isEnd = false; !isEnd;)
    {
        var page = walk.ReadPage(cursor, 256, CancellationToken.None);
        (cursor, isEnd, shown) = (page.Cursor, page.IsEnd, shown + page.Records.Length);
    }

    Report($"{what}: {shown} shown", count, Stopwatch.GetElapsedTime(began), Process.GetCurrentProcess().TotalProcessorTime - cpu);
}

async Task MeasureAsync(string what, int number, int atOnce, Func<int, Task> work)
{
    var began = Stopwatch.GetTimestamp();
    var cpu = Process.GetCurrentProcess().TotalProcessorTime;
    if (atOnce == 0)
    {
        await work(0);
    }
    else
    {
        await Parallel.ForEachAsync(Enumerable.Range(0, number), new ParallelOptions { MaxDegreeOfParallelism = atOnce }, async (i, _) => await work(i));
    }

    Report(what, number, Stopwatch.GetElapsedTime(began), Process.GetCurrentProcess().TotalProcessorTime - cpu);
}

static void Report(string what, int number, TimeSpan elapsed, TimeSpan cpu) => Console.WriteLine(string.Create(
    CultureInfo.InvariantCulture,
    $"{what,-50} {number,9} in {elapsed.TotalSeconds,7:0.00} s = {number / elapsed.TotalSeconds,9:0}/s; {cpu.TotalSeconds * 100_000 / number,7:0.00} s of CPU and {elapsed.TotalSeconds * 100_000 / number,7:0.00} s per 100,000"));
