using Starling.Core.Objects;
using Starling.Storage.Objects;
using Xunit;

namespace Starling.Tests.Storage;

/// <summary>Random operations against a sorted dictionary: the store must agree after every step, power cuts included.</summary>
public sealed class ObjectStoreModelTests
{
    private static readonly string[] Alphabet = ["a", "b", "a-", "a0", "é", "^", "o", "語", new string('n', 260)];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task Random_puts_deletes_lists_and_reboots_agree_with_a_dictionary(int seed)
    {
        var random = new Random(seed);
        var disk = new RecordingFileLayer();
        disk.MakeDirectory("/mp1");
        disk.MakeDirectory("/mp2");
        disk.SyncFileSystem("/");
        var model = new SortedDictionary<string, string>(Utf8Order.Instance);
        var deleted = new SortedSet<string>(StringComparer.Ordinal);
        var fixture = new StoreFixture(disk, "/mp1", "/mp2");
        for (var step = 1; step <= 250; step++)
        {
            var name = RandomName(random);
            switch (random.Next(10))
            {
                case < 5:
                    await fixture.PutAsync(name, $"{seed}/{step}", step);
                    model[name] = $"{seed}/{step}";
                    deleted.Remove(name);
                    break;
                case 5:
                    await fixture.DeleteAsync(name, step);
                    model.Remove(name);
                    deleted.Add(name);
                    break;
                case 6:
                    await fixture.Store.ForgetAsync(StoreFixture.Name(name), StoreFixture.BucketId, Durability.Durable, CancellationToken.None);
                    model.Remove(name);
                    deleted.Remove(name);
                    break;
                case 7:
                    CheckList(fixture, model, random, $"seed {seed}, step {step}");
                    break;
                case 8:
                    fixture.Dispose();
                    disk = random.Next(2) == 0 ? disk : disk.Crash(_ => (RecordingFileLayer.Fate)random.Next(4));
                    fixture = new StoreFixture(disk, "/mp1", "/mp2");
                    break;
                default:
                    var expected = model.TryGetValue(name, out var body) ? body : deleted.Contains(name) ? "deleted" : "absent";
                    Assert.True(expected == await fixture.ReadAsync(name), $"seed {seed}, step {step}, {name}");
                    break;
            }
        }

        CheckList(fixture, model, random, $"seed {seed}, end");
        foreach (var (name, body) in model)
        {
            Assert.Equal(body, await fixture.ReadAsync(name));
        }

        fixture.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Walk_in_pages_with_prefix_and_cursor_equals_a_naive_sort(bool withRecords)
    {
        var random = new Random(11);
        var disk = new RecordingFileLayer();
        disk.MakeDirectory("/mp1");
        disk.MakeDirectory("/mp2");
        using var fixture = new StoreFixture(disk, "/mp1", "/mp2");
        var names = new SortedSet<string>(Utf8Order.Instance);
        for (var i = 0; i < 400; i++)
        {
            names.Add(RandomName(random));
        }

        var sequence = 0;
        foreach (var name in names)
        {
            await fixture.PutAsync(name, "x", ++sequence, Durability.Buffered);
        }

        string[] prefixes = ["", "a", "a/", "a/a", "a0/", "語/", "nothing/", new string('n', 100), new string('n', 260) + "/", "a//", "/"];
        foreach (var prefix in prefixes)
        {
            foreach (var pageSize in (int[])[1, 7, 1000])
            {
                var paged = new List<string>();
                for (var cursor = string.Empty; ;)
                {
                    var page = Page(fixture, prefix, cursor, pageSize, withRecords);
                    paged.AddRange(page);
                    if (page.Count < pageSize)
                    {
                        break;
                    }

                    cursor = page[^1];
                }

                Assert.Equal(names.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)), paged);
            }
        }
    }

    [Fact]
    public async Task Names_only_walk_touches_no_inode_and_tombstones_stay_hidden()
    {
        var disk = new RecordingFileLayer();
        disk.MakeDirectory("/mp1");
        var faulty = new FaultyFileLayer(disk);
        using var fixture = new StoreFixture(faulty, "/mp1");
        for (var i = 0; i < 30; i++)
        {
            await fixture.PutAsync($"n{i:d2}", "x", i);
            if (i % 3 == 0)
            {
                await fixture.DeleteAsync($"n{i:d2}", 100 + i);
            }
        }

        faulty.Arm(int.MaxValue, Starling.Storage.Files.Errno.EIO, persistent: false);
        Assert.Equal(20, fixture.List().Count);

        // The directory, and before and after it a look whether the disk is still there.
        Assert.Equal(3, faulty.CallCount);

        var walk = fixture.Store.Walk(StoreFixture.Bucket, StoreFixture.BucketId, new WalkOptions { WithTombstones = true });
        var kinds = new List<RecordKind>();
        while (walk.TryNext(out var entry))
        {
            kinds.Add(entry.Lookup!.Value.Record!.Kind);
        }

        Assert.Equal(10, kinds.Count(kind => kind == RecordKind.Tombstone));
        Assert.Equal(20, kinds.Count(kind => kind == RecordKind.Object));
    }

    private static void CheckList(StoreFixture fixture, SortedDictionary<string, string> model, Random random, string context)
    {
        Assert.True(model.Keys.SequenceEqual(fixture.List()), context);
        var after = RandomName(random);
        Assert.True(model.Keys.Where(name => Utf8Order.Instance.Compare(name, after) > 0).SequenceEqual(fixture.List(startAfter: after)), $"{context}, after {after}");
    }

    private static List<string> Page(StoreFixture fixture, string prefix, string startAfter, int limit, bool withRecords)
    {
        var walk = fixture.Store.Walk(StoreFixture.Bucket, StoreFixture.BucketId, new WalkOptions { Prefix = prefix, StartAfter = startAfter, WithRecords = withRecords });
        var names = new List<string>();
        while (names.Count < limit && walk.TryNext(out var entry))
        {
            Assert.Equal(withRecords, entry.Lookup?.IsLiveObject ?? false);
            names.Add(entry.Name);
        }

        return names;
    }

    private static string RandomName(Random random) =>
        string.Join('/', Enumerable.Range(0, random.Next(1, 4)).Select(_ => string.Concat(Enumerable.Range(0, random.Next(1, 3)).Select(_ => Alphabet[random.Next(Alphabet.Length)]))))
            is { Length: <= 340 } name ? name : "a";
}
