using System.Text.Json;
using Starling.Server.Api.Native;
using Starling.Server.Api.Native.Objects;
using Xunit;

namespace Starling.Tests.Server.Api;

/// <summary>Headers of object requests, without a node.</summary>
public sealed class ObjectHeaderTests
{
    [Theory]
    [InlineData("bytes=0-9", 100, 0, 10)]
    [InlineData("bytes=10-", 100, 10, 90)]
    [InlineData("bytes=-5", 100, 95, 5)]
    [InlineData("bytes=-500", 100, 0, 100)]
    [InlineData("bytes=90-1000", 100, 90, 10)]
    [InlineData("bytes=99-99", 100, 99, 1)]
    [InlineData("bytes=0-0", 1, 0, 1)]
    [InlineData("BYTES=0-1", 100, 0, 2)]
    [InlineData(" bytes= 0 - 1 ", 100, 0, 2)]
    [InlineData("bytes=5-99999999999999999999999", 100, 5, 95)]
    public void Trap35_a_range_is_cut_to_the_object(string header, long sizeBytes, long offset, long length) =>
        Assert.Equal(new RangeHeader(offset, length), RangeHeader.Parse(header, sizeBytes));

    [Theory]
    [InlineData("Bytes = 0-1", 100, false)]
    [InlineData("bytes=100-", 100, true)]
    [InlineData("bytes=100-200", 100, true)]
    [InlineData("bytes=99999999999999999999999-", 100, true)]
    [InlineData("bytes=-0", 100, true)]
    [InlineData("bytes=0-", 0, true)]
    [InlineData("bytes=-1", 0, true)]
    [InlineData("bytes=0-1,4-5", 100, false)]
    [InlineData("bytes=0-1,", 100, false)]
    [InlineData("bytes=", 100, false)]
    [InlineData("bytes=-", 100, false)]
    [InlineData("bytes=5", 100, false)]
    [InlineData("bytes=5-4", 100, false)]
    [InlineData("bytes=a-b", 100, false)]
    [InlineData("bytes=+1-2", 100, false)]
    [InlineData("bytes=--1", 100, false)]
    [InlineData("bytes=1-2-3", 100, false)]
    [InlineData("items=0-1", 100, false)]
    [InlineData("0-1", 100, false)]
    public void Trap35_what_cannot_be_answered_is_refused_and_the_size_named_when_that_helps(string header, long sizeBytes, bool namesSize)
    {
        var error = Assert.Throws<ApiException>(() => RangeHeader.Parse(header, sizeBytes));
        Assert.Equal((416, namesSize ? sizeBytes : null), (error.Status, error.UnsatisfiedSizeBytes));
    }

    [Theory]
    [InlineData("k=v", "k=v")]
    [InlineData("k=v,k2=v2", "k=v|k2=v2")]
    [InlineData("k=v, k2=v2", "k=v|k2=v2")]
    [InlineData("k=1,2,3,k2=4", "k=1,2,3|k2=4")]
    [InlineData("k=a=b", "k=a=b")]
    [InlineData("k=", "k=")]
    [InlineData("b=1|a=2", "b=1|a=2")]
    [InlineData("k=1|k=2", "k=2")]
    [InlineData("", "")]
    public void Trap34_lines_are_comma_separated_and_commas_in_values_are_not_escaped(string lines, string expected) =>
        Assert.Equal(expected, string.Join('|', CustomMetadata.FromHeaders(lines.Split('|')).Select(pair => $"{pair.Key}={pair.Value}")));

    [Theory]
    [InlineData("novalue")]
    [InlineData("k=v|novalue")]
    [InlineData("=v")]
    [InlineData("k=v, =w")]
    [InlineData("k=a\tb")]
    public void Trap34_what_is_no_pair_is_refused(string lines) =>
        Assert.Equal(400, Assert.Throws<ApiException>(() => CustomMetadata.FromHeaders(lines.Split('|'))).Status);

    [Fact]
    public void All_keys_and_values_of_custom_metadata_together_are_limited_to_2_KiB()
    {
        Assert.Single(CustomMetadata.FromHeaders("k=" + new string('v', 2047)));
        Assert.Contains("at most 2048", Assert.Throws<ApiException>(() => CustomMetadata.FromHeaders("k=" + new string('v', 2048))).Message, StringComparison.Ordinal);
        Assert.Throws<ApiException>(() => CustomMetadata.FromHeaders("k=" + new string('é', 1024)));
    }

    [Theory]
    [InlineData("a=b")]
    [InlineData("a,b")]
    public void A_key_of_custom_metadata_that_headers_could_not_carry_is_refused_as_json_too(string key)
    {
        var value = JsonSerializer.SerializeToElement(new Dictionary<string, string> { [key] = "v" });
        Assert.Contains(key, Assert.Throws<ApiException>(() => CustomMetadata.FromJson(value)).Message, StringComparison.Ordinal);
    }
}
