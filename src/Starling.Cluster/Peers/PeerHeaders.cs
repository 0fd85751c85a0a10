namespace Starling.Cluster.Peers;

/// <summary>Headers of every request between nodes.</summary>
public static class PeerHeaders
{
    /// <summary>The cluster's secret; required on the control and data listeners.</summary>
    public const string Secret = "Starling-Secret";

    /// <summary>The sender's cluster id; absent while it has none.</summary>
    public const string ClusterId = "Starling-Cluster";

    /// <summary>The sending node's id.</summary>
    public const string NodeId = "Starling-Node";

    /// <summary>The sender's newest placement epoch (rule B2).</summary>
    public const string Epoch = "Starling-Epoch";

    /// <summary>The sender's applied index (rule B2).</summary>
    public const string AppliedIndex = "Starling-Applied";

    /// <summary>Why a request between nodes was refused: <c>secret</c>, <c>cluster</c>, <c>behind</c>, <c>malformed</c>.</summary>
    public const string Refused = "Starling-Refused";

    /// <summary>Id of the client's request, on every hop.</summary>
    public const string RequestId = "X-Request-Id";

    /// <summary>W3C trace context.</summary>
    public const string TraceParent = "traceparent";
}
