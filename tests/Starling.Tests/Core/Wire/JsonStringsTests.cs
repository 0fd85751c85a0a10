using System.Text;
using System.Text.Json;
using Starling.Core.Config;
using Starling.Core.Wire;
using Xunit;

namespace Starling.Tests.Core.Wire;

public sealed class JsonStringsTests
{
    [Theory]
    [InlineData("""{"a":"b"}""", true)]
    [InlineData("""{"a":"\\ud800"}""", true)]
    [InlineData("""{"a":"\n\u0041\u00e9\t"}""", true)]
    [InlineData("""{"a":"\ud83d\ude00"}""", true)]
    [InlineData("""{"a":"\uD83D\uDE00\ud83d\ude00"}""", true)]
    [InlineData("""{"a":"\ud800"}""", false)]
    [InlineData("""{"a":"\uDFFF"}""", false)]
    [InlineData("""{"a":"\ud800x\udc00"}""", false)]
    [InlineData("""{"a":"\ud800\n"}""", false)]
    [InlineData("""{"a":"\ud800\ud800\udc00"}""", false)]
    [InlineData("""{"a":"\ud83d\ude00\ude00"}""", false)]
    [InlineData("""{"\ude00":1}""", false)]
    [InlineData("""["x","\ud800","\udc00"]""", false)]
    public void Half_of_a_surrogate_pair_is_found_wherever_reading_it_would_fail(string json, bool whole)
    {
        Assert.Equal(whole, JsonStrings.AreWhole(Encoding.UTF8.GetBytes(json)));

        // The reader agrees: it is what fails later.
        using var document = JsonDocument.Parse(json);
        Assert.Equal(whole, !Fails(document.RootElement));
    }

    [Theory]
    [InlineData("""{"log":{"level":"\ud800"}}""")]
    [InlineData("""{"\ud800":1}""")]
    [InlineData("""{"log":{"\udc00":"3"}}""")]
    [InlineData("""{"rebalance":{"enabled":"\ud800"}}""")]
    public void A_change_of_settings_with_half_of_a_surrogate_pair_is_refused_and_never_thrown_at_who_applies_it(string patch)
    {
        Assert.False(ConfigDocument.TryPatch(string.Empty, patch, out _, out var error));
        Assert.StartsWith("invalid JSON", error, StringComparison.Ordinal);
        Assert.False(BucketPropsDocument.TryPatch("{}", patch, 1, out _, out error));
        Assert.StartsWith("invalid JSON", error, StringComparison.Ordinal);
    }

    private static bool Fails(JsonElement element)
    {
        try
        {
            return element.ValueKind switch
            {
                JsonValueKind.String => element.GetString() is null,
                JsonValueKind.Array => element.EnumerateArray().Any(Fails),
                JsonValueKind.Object => element.EnumerateObject().Any(member => member.Name.Length < 0 || Fails(member.Value)),
                _ => false,
            };
        }
        catch (InvalidOperationException)
        {
            return true;
        }
    }
}
