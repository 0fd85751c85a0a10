using Starling.Cli;
using Starling.Cli.Help;
using Starling.Cli.Naming;
using Xunit;

namespace Starling.Tests.Cli;

public sealed class NamingTests
{
    [Theory]
    [InlineData("ais://b", "ais", "@#", "b", "")]
    [InlineData("ais://b/", "ais", "@#", "b", "")]
    [InlineData("ais://b/dir/o", "ais", "@#", "b", "dir/o")]
    [InlineData("s3://b/o", "aws", "@#", "b", "o")]
    [InlineData("ais://#ns/b/o", "ais", "@#ns", "b", "o")]
    [InlineData("ais://@uuid#ns/b", "ais", "@uuid#ns", "b", "")]
    public void A_URI_is_provider_namespace_bucket_and_the_rest(string text, string provider, string scope, string name, string rest)
    {
        var uri = BucketUri.Parse(text);
        Assert.Equal((provider, scope, name, rest), (uri.Bucket.Provider, uri.Bucket.Namespace, uri.Bucket.Name, uri.Rest));
    }

    [Theory]
    [InlineData("")]
    [InlineData("://b")]
    [InlineData("ais://")]
    [InlineData("ais://#ns")]
    [InlineData("ais://../o")]
    public void A_malformed_URI_is_wrong_usage(string text) => Assert.Throws<UsageException>(() => BucketUri.Parse(text));

    [Theory]
    [InlineData("a{1..3}", "a1 a2 a3")]
    [InlineData("{08..11}", "08 09 10 11")]
    [InlineData("x{0..10..5}y", "x0y x5y x10y")]
    [InlineData("{0..1}-{0..1}", "0-0 0-1 1-0 1-1")]
    public void Ranges_multiply_and_pad_like_their_first_bound(string template, string names) => Assert.Equal(names, string.Join(' ', NameTemplate.Parse(template).Names()));

    [Theory]
    [InlineData("", "")]
    [InlineData("*", "")]
    [InlineData("abc", "abc")]
    public void Without_a_range_a_template_is_a_prefix(string template, string prefix)
    {
        var parsed = NameTemplate.Parse(template);
        Assert.True(parsed.IsPrefix);
        Assert.Equal(prefix, parsed.Prefix);
    }

    [Theory]
    [InlineData("{3..1}")]
    [InlineData("{-1..1}")]
    [InlineData("{1..3..0}")]
    [InlineData("{1..}")]
    [InlineData("{1")]
    [InlineData("{0..9999}{0..9999}")]
    public void A_range_that_makes_no_sense_is_wrong_usage(string template) => Assert.Throws<UsageException>(() => NameTemplate.Parse(template));

    [Theory]
    [InlineData("bukcet", "bucket")]
    [InlineData("shwo", "show")]
    [InlineData("zebra", null)]
    public void The_nearest_name_is_offered_only_when_it_is_near(string typed, string? expected) => Assert.Equal(expected, DidYouMean.Nearest(typed, ["bucket", "show", "object"]));
}
