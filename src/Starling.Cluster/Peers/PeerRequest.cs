using Starling.Core.Names;

namespace Starling.Cluster.Peers;

/// <summary>The networks between nodes.</summary>
public enum PeerNetwork
{
    /// <summary>Consensus, probes and commands between nodes.</summary>
    Control,

    /// <summary>Objects between nodes.</summary>
    Data,
}

/// <summary>One request to another member.</summary>
public sealed record PeerRequest
{
    /// <summary>Whom to ask; its address is taken from the committed state.</summary>
    public required NodeId Node { get; init; }

    /// <summary>On which network.</summary>
    public required PeerNetwork Network { get; init; }

    /// <summary>HTTP method.</summary>
    public required HttpMethod Method { get; init; }

    /// <summary>Path and query, beginning with a slash, already escaped.</summary>
    public required string PathAndQuery { get; init; }

    /// <summary>Body; null: none.</summary>
    public HttpContent? Content { get; init; }

    /// <summary>Further headers, by name.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>Id of the client's request that this one serves; empty: none.</summary>
    public string RequestId { get; init; } = string.Empty;

    /// <summary>W3C trace context of the client's request; empty: that of the current activity, if any.</summary>
    public string TraceParent { get; init; } = string.Empty;

    /// <summary>How long to wait for the answer's headers; the body is the caller's business.</summary>
    public TimeSpan HeadersTimeout { get; init; } = TimeSpan.FromSeconds(30);
}
