using Starling.Core.Hashing;
using Starling.Core.Objects;
using Xunit;

namespace Starling.Tests.Core.Objects;

public sealed class CustomMetadataTests
{
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
    public void Trap34_lines_are_comma_separated_and_commas_in_values_are_not_escaped(string lines, string expected)
    {
        Assert.True(CustomMetadata.TryParse(lines.Split('|'), out var custom, out var error), error);
        Assert.Equal(expected, string.Join('|', custom.HeaderLines()));
    }

    [Theory]
    [InlineData("novalue")]
    [InlineData("k=v|novalue")]
    [InlineData("=v")]
    [InlineData("k=v, =w")]
    [InlineData("k=a\tb")]
    public void Trap34_what_is_no_pair_is_refused(string lines)
    {
        Assert.False(CustomMetadata.TryParse(lines.Split('|'), out _, out var error));
        Assert.Contains("invalid custom metadata", error, StringComparison.Ordinal);
    }

    [Fact]
    public void All_keys_and_values_together_are_limited_to_2_KiB()
    {
        Assert.True(CustomMetadata.TryParse(["k=" + new string('v', 2047)], out _, out _));
        Assert.False(CustomMetadata.TryParse(["k=" + new string('v', 2048)], out _, out var error));
        Assert.Contains("at most 2048", error, StringComparison.Ordinal);
        Assert.False(CustomMetadata.TryParse(["k=" + new string('é', 1024)], out _, out _));
    }

    [Fact]
    public void Keys_are_added_changed_or_replaced()
    {
        Assert.True(CustomMetadata.TryParse(["a=1", "b=2"], out var custom, out _));
        Assert.True(custom.TryWith([KeyValuePair.Create("a", "9"), KeyValuePair.Create("c", "3")], replaceAll: false, out var added, out _));
        Assert.Equal("[a:9 b:2 c:3]", added.ListText());
        Assert.True(custom.TryWith([KeyValuePair.Create("c", "3")], replaceAll: true, out var replaced, out _));
        Assert.Equal("[c:3]", replaced.ListText());
        Assert.Equal("[a:1 b:2]", custom.ListText());
        Assert.Equal("2", custom["b"]);
        Assert.NotEqual(custom, added);
        Assert.Equal(string.Empty, CustomMetadata.Empty.ListText());
    }

    [Fact]
    public void Trap33_only_metadata_that_has_the_key_gives_an_ETag()
    {
        Assert.Null(CustomMetadata.Empty["ETag"]);
        Assert.True(CustomMetadata.TryParse(["ETag=x"], out var custom, out _));
        Assert.Equal("x", custom["ETag"]);
    }

    [Fact]
    public void The_same_content_has_the_same_type_and_value()
    {
        var attributes = new ObjectAttributes { SizeBytes = 1, ChecksumType = ChecksumType.Xxhash2, ChecksumValue = "ab" };
        Assert.True(attributes.HasSameContent(ChecksumType.Xxhash2, "AB"));
        Assert.False(attributes.HasSameContent(ChecksumType.Xxhash, "ab"));
        Assert.False(new ObjectAttributes { SizeBytes = 1 }.HasSameContent(ChecksumType.None, string.Empty));
    }
}
