namespace Starling.Client.Transport;

/// <summary>One request, described so that it can be sent again to another node.</summary>
internal sealed record ApiRequest(HttpMethod Method, string PathAndQuery)
{
    /// <summary>Headers as sent, in order; a name may repeat.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>Makes the body anew for each attempt; null when there is none.</summary>
    public Func<HttpContent>? Body { get; init; }

    /// <summary>Length of the body in bytes; null when unknown. Decides whether the gateway is asked first (Expect: 100-continue).</summary>
    public long? BodyLength { get; init; }

    /// <summary>Send here first instead of to a gateway (a target that the caller computed); null for the usual way.</summary>
    public Uri? Direct { get; init; }

    /// <summary>May be sent again after a connection broke in flight. Default: GET and HEAD only.</summary>
    public bool RepeatAfterCut { get; init; } = Method == HttpMethod.Get || Method == HttpMethod.Head;

    /// <summary>Deadline of the whole exchange up to the response headers.</summary>
    public required TimeSpan Timeout { get; init; }
}
