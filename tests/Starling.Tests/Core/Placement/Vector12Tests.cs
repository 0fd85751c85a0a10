using System.Text;
using Starling.Core.Hashing;
using Starling.Core.Names;
using Starling.Core.Placement;
using Xunit;

namespace Starling.Tests.Core.Placement;

/// <summary>Published vectors of placement: clients that read directly from targets compute the same owners.</summary>
public sealed class Vector12Tests
{
    private static readonly string[] Targets = ["t1abcdef", "t2ghijkl", "t3mnopqr", "t4stuvwx", "t5yzABCD"];
    private static readonly string[] Proxies = ["p1abcdef", "p2ghijkl", "p3mnopqr"];

    private static Candidate[] Candidates(IEnumerable<string> ids) => ids.Select(id => new Candidate(NodeId.Parse(id).Digest)).ToArray();

    [Theory]
    [InlineData(4573842, 5026071747115404967)]
    [InlineData(0, 1905207664160064169)]
    public void Vector12_mix(ulong seed, ulong expected) => Assert.Equal(expected, Rendezvous.Mix(seed));

    [Theory]
    [InlineData("", 0, 0xEF46DB3751D8E999)]
    [InlineData("abc", 0, 0x44BC2CF5AD770999)]
    [InlineData("", XxHash64Seeded.PlacementSeed, 12295767445558623539)]
    [InlineData("abc", XxHash64Seeded.PlacementSeed, 12150592357978087308)]
    public void Vector12_XXH64(string text, ulong seed, ulong expected) => Assert.Equal(expected, XxHash64Seeded.Hash(Encoding.UTF8.GetBytes(text), seed));

    [Theory]
    [InlineData("t1abcdef", 7720052064988704631)]
    [InlineData("t2ghijkl", 105753382012240677)]
    [InlineData("t3mnopqr", 16590965986209833052)]
    [InlineData("t4stuvwx", 12527931437347316089)]
    [InlineData("t5yzABCD", 16654091803042660972)]
    [InlineData("p1abcdef", 4095387246882665434)]
    [InlineData("p2ghijkl", 3489990537011610074)]
    [InlineData("p3mnopqr", 10546586419499451656)]
    public void Vector12_node_digests(string id, ulong expected) => Assert.Equal(expected, NodeId.Parse(id).Digest);

    [Theory]
    [InlineData("ais", "@#", "bck1", "obj1", 7269182249535474579, "6720498399090517227,9700757255868747838,6019324892313930997,8854530307229913376,6878106259869989411", "2,4,5,1,3")]
    [InlineData("ais", "@#", "bck1", "a/b/c.tar", 15605874567783273346, "16451994978224472052,7037860156100465767,869884738116157044,9344553000965873520,15430365346528749752", "1,5,4,2,3")]
    [InlineData("aws", "@#", "my-s3-bucket", "images/0001.jpg", 15926742592046361705, "8904310327486475858,7551302780355970956,8618501569670783428,2034416702493663775,1576862775220200", "1,3,2,4,5")]
    [InlineData("ais", "@#ns1", "bck2", "shard-000042.tar", 13492454806079145024, "14114003165444761546,5035270150120162364,283963819792105082,10734897417290128416,7599304367536062400", "1,4,5,2,3")]
    [InlineData("ais", "@Xy12345678#", "remote-b", "x", 7042303894376425593, "12956186426524998778,4025277891634297112,11479179742140241129,4969149748976436853,11514886816784650279", "1,5,3,4,2")]
    [InlineData("ais", "@#", "imagenet", "train/n01440764/n01440764_10026.JPEG", 12936784101894518596, "7187005120643882422,1184716507489684283,9218559237415584818,4805324444814956757,6797504791359826956", "3,1,5,4,2")]
    public void Vector12_objects(string provider, string space, string bucket, string name, ulong digest, string scores, string order)
    {
        var found = ObjectName.Parse(BucketName.Parse(provider, space, bucket), name);
        Assert.Equal($"{provider}/{space}/{bucket}/{name}", found.Uname);
        Assert.Equal(digest, found.Digest);
        var candidates = Candidates(Targets);
        Assert.Equal(scores, string.Join(',', candidates.Select(candidate => Rendezvous.Score(candidate, digest))));
        var rank = Rendezvous.Rank(candidates, digest);
        Assert.Equal(order, string.Join(',', rank.Select(index => index + 1)));
        Assert.Equal(rank[0], Rendezvous.Owner(candidates, digest));
    }

    [Fact]
    public void Vector12_a_target_in_maintenance_hands_its_objects_to_the_next()
    {
        string[] active = ["t1abcdef", "t3mnopqr", "t4stuvwx", "t5yzABCD"];
        Assert.Equal("t4stuvwx", active[Rendezvous.Owner(Candidates(active), ObjectName.Parse(BucketName.Parse(null, null, "bck1"), "obj1").Digest)]);
    }

    [Fact]
    public void Vector12_no_active_target_owns_nothing() => Assert.Equal(-1, Rendezvous.Owner([], 1));

    [Fact]
    public void Vector12_next_primary_has_the_greatest_digest()
    {
        Assert.Equal("p3mnopqr", Proxies.MaxBy(id => NodeId.Parse(id).Digest));
        Assert.Equal("p1abcdef", Proxies.Where(id => id != "p3mnopqr").MaxBy(id => NodeId.Parse(id).Digest));
    }

    [Theory]
    [InlineData("g7", 8100385327288575904, "1914504069001221275,16981135167607456314,9284414189578630409", 2, 1, 18331235857372629923)]
    [InlineData("Abc123XyZ", 8378182164145009333, "2484082065434270568,2097799059378661011,11421491550523981372", 3, 2, 17042095295405397947)]
    public void Vector12_jobs(string uuid, ulong digest, string scores, int proxy, int target, ulong targetScore)
    {
        Assert.Equal(digest, XxHash64Seeded.PlacementDigest(uuid));
        var proxies = Candidates(Proxies);
        Assert.Equal(scores, string.Join(',', proxies.Select(candidate => Rendezvous.Score(candidate, digest))));
        Assert.Equal(proxy - 1, Rendezvous.Owner(proxies, digest));
        var targets = Candidates(Targets);
        Assert.Equal(target - 1, Rendezvous.Owner(targets, digest));
        Assert.Equal(targetScore, Rendezvous.Score(targets[target - 1], digest));
    }

    [Fact]
    public void Vector12_mountpaths()
    {
        string[] paths = ["/data/mp1", "/data/mp2", "/data/mp3"];
        var digests = paths.Select(XxHash64Seeded.PlacementDigest).ToArray();
        Assert.Equal([17837998392370180005UL, 10574292200476404848UL, 15529874875408784176UL], digests);
        var candidates = digests.Select(digest => new Candidate(digest)).ToArray();
        var name = ObjectName.Parse(BucketName.Parse(null, null, "bck1"), "obj1").Digest;
        Assert.Equal([9783616283724658966UL, 12343811253188548323UL, 14528260788797345702UL], candidates.Select(candidate => Rendezvous.Score(candidate, name)));
        Assert.Equal(2, Rendezvous.Owner(candidates, name));
    }

    [Fact]
    public void Trap17_content_and_placement_hash_with_different_seeds()
    {
        Assert.Equal("44bc2cf5ad770999", IncrementalChecksum.Compute(ChecksumType.Xxhash2, "abc"u8));
        Assert.Equal(IncrementalChecksum.Compute(ChecksumType.Xxhash, "abc"u8), IncrementalChecksum.Compute(ChecksumType.Xxhash2, "abc"u8));
        Assert.NotEqual(XxHash64Seeded.Hash("abc"u8, 0), XxHash64Seeded.PlacementDigest("abc"));
    }
}
