using System.Text;
using Starling.Core.Hashing;
using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Storage.Files;
using Starling.Storage.Mountpaths;
using Starling.Storage.Objects;

namespace Starling.Tests.Storage;

/// <summary>A store on any file layer, and the few calls that tests make again and again.</summary>
internal sealed class StoreFixture : IDisposable
{
    public const ulong BucketId = 0xab;

    public static readonly BucketName Bucket = BucketName.Parse("ais", null, "bucket");

    public StoreFixture(IFileLayer files, params string[] paths)
    {
        Mountpaths = MountpathSet.Open(files, new MountpathOptions { Paths = paths, TargetId = "target01", AllowSharedFilesystem = true });
        Store = files is LinuxFileLayer ? new ObjectStore(Mountpaths) : new ObjectStore(Mountpaths, diskThreadCount: 0);
    }

    public MountpathSet Mountpaths { get; }

    public ObjectStore Store { get; }

    public static ObjectName Name(string name) => ObjectName.Parse(Bucket, name);

    public static RecordKey Key(long sequence) => new(BucketId, 1, 1, sequence);

    public static ObjectRecord Tombstone(string name, long sequence) => new() { Key = Key(sequence), Kind = RecordKind.Tombstone, Uname = Name(name).Uname };

    public async Task PutAsync(string name, string body, long sequence, Durability durability = Durability.Durable)
    {
        using var session = Store.OpenWrite(Name(name), BucketId, "xxhash2");
        await session.WriteAsync(Encoding.UTF8.GetBytes(body), CancellationToken.None);
        await Store.CommitAsync(session, session.NewRecord(Key(sequence), sequence), durability, CancellationToken.None);
    }

    public Task DeleteAsync(string name, long sequence, Durability durability = Durability.Durable) =>
        Store.CommitTombstoneAsync(Name(name), Tombstone(name, sequence), durability, CancellationToken.None).AsTask();

    /// <summary>What a client would see: the body, "absent", "deleted", or "error: code"; checks that bytes and checksum belong together.</summary>
    public async Task<string> ReadAsync(string name)
    {
        var opened = Store.OpenRead(Name(name), BucketId);
        using var reader = opened.Reader;
        if (reader is null)
        {
            return opened.Lookup.Status switch
            {
                LookupStatus.Absent => "absent",
                LookupStatus.Found => "deleted",
                _ => $"error: {opened.Lookup.Error!.Code}",
            };
        }

        var body = new byte[reader.SizeBytes + 1];
        var length = 0;
        for (int count; (count = await reader.ReadAsync(body.AsMemory(length), length, CancellationToken.None)) > 0;)
        {
            length += count;
        }

        var checksum = IncrementalChecksum.Compute(ChecksumTypes.Parse(reader.Record.ChecksumType), body.AsSpan(0, length));
        return length == reader.SizeBytes && checksum == reader.Record.ChecksumValue ? Encoding.UTF8.GetString(body, 0, length) : "TORN";
    }

    public List<string> List(string prefix = "", string startAfter = "")
    {
        var walk = Store.Walk(Bucket, BucketId, new WalkOptions { Prefix = prefix, StartAfter = startAfter });
        var names = new List<string>();
        while (walk.TryNext(out var entry))
        {
            names.Add(entry.Name);
        }

        return names;
    }

    public void Dispose()
    {
        Store.Dispose();
        Mountpaths.Dispose();
    }
}
