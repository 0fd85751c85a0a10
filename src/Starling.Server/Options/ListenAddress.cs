using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;

namespace Starling.Server.Options;

/// <summary>Where a listener is bound: <c>host:port</c>, <c>[v6]:port</c>, <c>:port</c> or <c>*:port</c> for all interfaces; port 0 takes a free one.</summary>
internal sealed record ListenAddress(string Host, int Port)
{
    /// <summary>True for all interfaces.</summary>
    public bool IsAny => Host is "" or "*" or "0.0.0.0" or "::";

    /// <summary>Null for a host name that must be resolved (only <c>localhost</c> is accepted).</summary>
    public IPAddress? Ip => IsAny ? (Host == "0.0.0.0" ? IPAddress.Any : IPAddress.IPv6Any) : IPAddress.TryParse(Host, out var ip) ? ip : null;

    public bool IsLocalhost => Host.Equals("localhost", StringComparison.OrdinalIgnoreCase);

    /// <summary>Parses an address; false with a reason.</summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out ListenAddress? address, [NotNullWhen(false)] out string? error)
    {
        address = null;
        error = null;
        var colon = text.LastIndexOf(':');
        if (colon < 0 || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port > 65535)
        {
            error = $"\"{text}\" is not host:port with a port between 0 and 65535 (examples: localhost:8080, 10.0.0.1:8080, [::1]:8080, :8080)";
            return false;
        }

        var host = text[..colon];
        if (host.StartsWith('[') && host.EndsWith(']'))
        {
            host = host[1..^1];
        }
        else if (host.Contains(':'))
        {
            error = $"\"{text}\": write an IPv6 address in brackets, as in [::1]:8080";
            return false;
        }

        address = new ListenAddress(host, port);
        if (address.Ip is null && !address.IsLocalhost)
        {
            error = $"\"{text}\": a listener is bound to an IP address, to localhost, or to all interfaces (:{port}); advertise a name with --hostname";
            address = null;
            return false;
        }

        return true;
    }

    /// <summary>As others write it in a URL.</summary>
    public string ToUrl(string scheme, string? hostname, int port)
    {
        var host = hostname ?? (IsAny ? Dns.GetHostName() : Host);
        if (host.Contains(':'))
        {
            host = $"[{host}]";
        }

        return string.Create(CultureInfo.InvariantCulture, $"{scheme}{Uri.SchemeDelimiter}{host}:{port}");
    }

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{(Host.Contains(':') ? $"[{Host}]" : Host)}:{Port}");
}
