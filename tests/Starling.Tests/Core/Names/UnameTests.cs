using Starling.Core.Names;
using Xunit;

namespace Starling.Tests.Core.Names;

public sealed class UnameTests
{
    [Theory]
    [InlineData("ais/@#/new/", "ais://new")]
    [InlineData("ais/@uuid#ns/b/", "ais://@uuid#ns/b")]
    [InlineData("aws/@#/b/", "s3://b")]
    public void Trap20_a_destination_bucket_is_a_uname_with_a_slash_at_the_end(string text, string cname)
    {
        Assert.True(Uname.TryParseBucket(text, out var bucket, out var error), error);
        Assert.Equal(cname, bucket.Cname);
        Assert.Equal(text, bucket.UnamePrefix);
    }

    [Theory]
    [InlineData("ais/@#/b/a", "ais://b/a")]
    [InlineData("ais/@#ns/b/a/b.tar", "ais://#ns/b/a/b.tar")]
    public void Trap20_a_destination_object_is_a_full_uname(string text, string cname)
    {
        Assert.True(Uname.TryParseObject(text, out var name, out var error), error);
        Assert.Equal((cname, text), (name.Cname, name.Uname));
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("ais/@#/b")]
    [InlineData("ais/@#/")]
    [InlineData("ais/b/")]
    [InlineData("ais/@#/b/o")]
    [InlineData("ftp/@#/b/")]
    public void Trap20_what_is_no_uname_of_a_bucket_is_refused(string? text)
    {
        Assert.False(Uname.TryParseBucket(text, out _, out var error));
        Assert.NotEmpty(error);
    }

    [Theory]
    [InlineData("ais/@#/b/")]
    [InlineData("ais/@#/b/../c")]
    [InlineData("ais/@#/b")]
    [InlineData("")]
    public void Trap20_what_is_no_uname_of_an_object_is_refused(string text)
    {
        Assert.False(Uname.TryParseObject(text, out _, out var error));
        Assert.NotEmpty(error);
    }
}
