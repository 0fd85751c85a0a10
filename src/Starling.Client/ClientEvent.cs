namespace Starling.Client;

/// <summary>What happened to a request on its way.</summary>
public enum ClientEventKind
{
    /// <summary>A node refused the connection or could not be connected to; the request was not sent.</summary>
    Refused,

    /// <summary>The connection broke while a request was in flight: its outcome is not known.</summary>
    Cut,

    /// <summary>The answer was a redirect, which is followed.</summary>
    Redirected,

    /// <summary>The cluster is starting (503 with an empty body); asked again after a pause.</summary>
    Starting,

    /// <summary>503 with <c>Retry-After</c>: the name's target is not available; asked again after a pause.</summary>
    Waited,
}

/// <summary>One observation about a request.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Node">Authority of the node concerned, for example <c>http://localhost:8080</c>.</param>
/// <param name="Attempt">1 for the first time this happened to the request.</param>
public readonly record struct ClientEvent(ClientEventKind Kind, string Node, int Attempt);
