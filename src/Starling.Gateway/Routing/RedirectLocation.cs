using System.Globalization;

namespace Starling.Gateway.Routing;

/// <summary>
/// Builds the URL of a redirect: the client's query first, byte for byte, then who redirects and when. Whoever redirects a request that was redirected to it
/// has seen at least what the one before had seen, so its mark takes the place of the older one.
/// </summary>
public static class RedirectLocation
{
    /// <summary>The value of the <c>Location</c> header.</summary>
    /// <param name="targetUrl">Base URL of the target, for example <c>http://10.0.0.1:8081</c>.</param>
    /// <param name="encodedPath">Path with proper percent encoding, beginning with a slash.</param>
    /// <param name="rawQuery">The query as it came, without the question mark.</param>
    /// <param name="gatewayId">Who redirects, a gateway or a target.</param>
    /// <param name="mark">Epoch and applied index of who redirects (rule B2), as <c>epoch.index</c>.</param>
    /// <param name="nowNs">Wall clock, nanoseconds since 1970.</param>
    public static string Build(string targetUrl, string encodedPath, string rawQuery, string gatewayId, string mark, long nowNs)
    {
        ArgumentNullException.ThrowIfNull(rawQuery);
        var query = WithoutMark(rawQuery);
        var separator = query.Length == 0 ? string.Empty : "&";
        return string.Create(CultureInfo.InvariantCulture, $"{targetUrl}{encodedPath}?{query}{separator}pid={gatewayId}&stm={mark}&utm={nowNs}");
    }

    /// <summary>The query without the mark at its end, if there is one.</summary>
    private static ReadOnlySpan<char> WithoutMark(ReadOnlySpan<char> query)
    {
        var rest = query;
        foreach (var name in (ReadOnlySpan<string>)["utm=", "stm=", "pid="])
        {
            var start = rest.LastIndexOf('&') + 1;
            if (!rest[start..].StartsWith(name, StringComparison.Ordinal))
            {
                return query;
            }

            rest = rest[..Math.Max(0, start - 1)];
        }

        return rest;
    }
}
