namespace Starling.Client;

/// <summary>No answer: connections were refused, broke, or could not be made. Says nothing about whether what was asked for exists.</summary>
public sealed class UnreachableException : Exception
{
    /// <summary>Creates the exception.</summary>
    public UnreachableException(string endpoint, bool outcomeUnknown, string message, Exception? inner, bool isGateway = false)
        : base(message, inner)
    {
        Endpoint = endpoint;
        OutcomeUnknown = outcomeUnknown;
        IsGateway = isGateway;
    }

    /// <summary>The address that could not be reached; the addresses of all gateways, comma-separated, when none could.</summary>
    public string Endpoint { get; }

    /// <summary>True when the request may have been executed (the connection broke in flight); false when it was certainly not sent.</summary>
    public bool OutcomeUnknown { get; }

    /// <summary>True when no gateway could be reached; false when it was a target that a gateway redirected to.</summary>
    public bool IsGateway { get; }
}
