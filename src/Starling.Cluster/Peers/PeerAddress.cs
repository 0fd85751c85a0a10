using System.Diagnostics.CodeAnalysis;
using Starling.Cluster.Views;
using Starling.Core.Names;

namespace Starling.Cluster.Peers;

/// <summary>Turns address records into URLs. An address is <c>scheme://host:port</c>, or <c>host:port</c>, which means http.</summary>
public static class PeerAddress
{
    /// <summary>The address of a member on a network; null: not a member, or not known.</summary>
    public static Uri? Of(ClusterSnapshot snapshot, NodeId node, PeerNetwork network)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var entry = snapshot.State.Node(node);
        var text = network == PeerNetwork.Data ? entry?.Addresses.Data : snapshot.Node.AddressOf(node) ?? entry?.Addresses.Control;
        return TryParse(text, out var address) ? address : null;
    }

    /// <summary>Parses an address.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out Uri? address)
    {
        address = null;
        if (string.IsNullOrWhiteSpace(text))
        {
            return false;
        }

        var url = text.Contains("://", StringComparison.Ordinal) ? text : Uri.UriSchemeHttp + Uri.SchemeDelimiter + text;
        return Uri.TryCreate(url, UriKind.Absolute, out address)
            && (address.Scheme == Uri.UriSchemeHttp || address.Scheme == Uri.UriSchemeHttps) && address.Host.Length > 0;
    }
}
