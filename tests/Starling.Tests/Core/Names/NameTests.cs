using Starling.Core.Names;
using Xunit;

namespace Starling.Tests.Core.Names;

public sealed class NameTests
{
    private static readonly BucketName Bucket = BucketName.Parse("ais", null, "b");

    [Theory]
    [InlineData("t1abcdef", true)]
    [InlineData("p[kWQp8080]", false)]
    [InlineData("abcdefg", false)]
    [InlineData("abc-_def", true)]
    [InlineData("-abcdefgh", false)]
    [InlineData("abcdefgh_", false)]
    [InlineData("abcdefghijklmnopqrstuvwxyz012345", true)]
    [InlineData("abcdefghijklmnopqrstuvwxyz0123456", false)]
    [InlineData("abc.defgh", false)]
    [InlineData("äbcdefgh", false)]
    [InlineData(null, false)]
    public void Ids_of_nodes(string? text, bool valid)
    {
        Assert.Equal(valid, NodeId.TryParse(text, out var id, out var error));
        Assert.Equal(valid, error is null && id.Value == text);
    }

    [Theory]
    [InlineData(null, null, "b", "ais://b", "ais/@#/b/")]
    [InlineData("s3", "", "b", "s3://b", "aws/@#/b/")]
    [InlineData("gs", null, "b", "gs://b", "gcp/@#/b/")]
    [InlineData("azure", null, "b.c-d_e", "az://b.c-d_e", "azure/@#/b.c-d_e/")]
    [InlineData("ais", "@#ns1", "b", "ais://#ns1/b", "ais/@#ns1/b/")]
    [InlineData("ais", "@uuid#", "b", "ais://@uuid#/b", "ais/@uuid#/b/")]
    [InlineData("ais", "uuid", "b", "ais://@uuid#/b", "ais/@uuid#/b/")]
    [InlineData("ais", "@uuid#ns", "b", "ais://@uuid#ns/b", "ais/@uuid#ns/b/")]
    [InlineData("ais", null, ".sys-inventory", "ais://.sys-inventory", "ais/@#/.sys-inventory/")]
    public void Buckets(string? provider, string? space, string name, string cname, string prefix)
    {
        var bucket = BucketName.Parse(provider, space, name);
        Assert.Equal((cname, prefix), (bucket.Cname, bucket.UnamePrefix));
    }

    [Theory]
    [InlineData("ftp", null, "b")]
    [InlineData("AIS", null, "b")]
    [InlineData(null, null, "")]
    [InlineData(null, null, null)]
    [InlineData(null, null, ".b")]
    [InlineData(null, null, "a..b")]
    [InlineData(null, null, "a/b")]
    [InlineData(null, null, "a b")]
    [InlineData(null, null, "ä")]
    [InlineData(null, "@u/v#n", "b")]
    [InlineData(null, "@u#n/../x", "b")]
    public void I27_bad_buckets_are_refused_with_a_reason(string? provider, string? space, string? name)
    {
        Assert.False(BucketName.TryParse(provider, space, name, out _, out var error));
        Assert.NotEmpty(error);
    }

    [Fact]
    public void A_bucket_name_has_64_characters_at_most()
    {
        Assert.True(BucketName.TryParse(null, null, new string('a', 64), out _, out _));
        Assert.False(BucketName.TryParse(null, null, new string('a', 65), out _, out _));
    }

    [Theory]
    [InlineData("a")]
    [InlineData("a/b.c/..d")]
    [InlineData("%2e%2e/x")]
    [InlineData("a\\b")]
    [InlineData("trailing.")]
    [InlineData("...")]
    [InlineData("~x")]
    [InlineData("e\u0301")]
    [InlineData("😀")]
    public void Trap29_accepted_names_are_kept_as_they_are(string name) => Assert.Equal("ais/@#/b/" + name, ObjectName.Parse(Bucket, name).Uname);

    [Theory]
    [InlineData("")]
    [InlineData("/a")]
    [InlineData("a/")]
    [InlineData("a//b")]
    [InlineData("..")]
    [InlineData("a/../b")]
    [InlineData("a/./b")]
    [InlineData("~/a")]
    [InlineData("a\0b")]
    [InlineData("a\nb")]
    [InlineData(null)]
    public void Trap29_I27_names_that_could_leave_the_bucket_are_refused(string? name)
    {
        Assert.False(ObjectName.TryParse(Bucket, name, out _, out var error));
        Assert.NotEmpty(error);
    }

    [Fact]
    public void I27_half_a_surrogate_pair_is_refused()
    {
        Assert.False(ObjectName.TryParse(Bucket, "a" + (char)0xd800, out _, out var error));
        Assert.Contains("surrogate", error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_object_name_has_1024_bytes_of_UTF8_at_most()
    {
        Assert.True(ObjectName.TryParse(Bucket, new string('é', 512), out _, out _));
        Assert.False(ObjectName.TryParse(Bucket, new string('é', 512) + "a", out _, out var error));
        Assert.Contains("1025", error, StringComparison.Ordinal);
    }
}
