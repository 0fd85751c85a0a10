using System.Globalization;

namespace Starling.Gateway.Routing;

/// <summary>Builds the URL of a redirect: the client's query first, byte for byte, then who redirects and when.</summary>
public static class RedirectLocation
{
    /// <summary>The value of the <c>Location</c> header.</summary>
    /// <param name="targetUrl">Base URL of the target, for example <c>http://10.0.0.1:8081</c>.</param>
    /// <param name="encodedPath">Path with proper percent encoding, beginning with a slash.</param>
    /// <param name="rawQuery">The query as it came, without the question mark.</param>
    /// <param name="gatewayId">Who redirects.</param>
    /// <param name="mark">Epoch and applied index of who redirects (rule B2), as <c>epoch.index</c>.</param>
    /// <param name="nowNs">Wall clock, nanoseconds since 1970.</param>
    public static string Build(string targetUrl, string encodedPath, string rawQuery, string gatewayId, string mark, long nowNs)
    {
        ArgumentNullException.ThrowIfNull(rawQuery);
        var separator = rawQuery.Length == 0 ? string.Empty : "&";
        return string.Create(CultureInfo.InvariantCulture, $"{targetUrl}{encodedPath}?{rawQuery}{separator}pid={gatewayId}&stm={mark}&utm={nowNs}");
    }
}
