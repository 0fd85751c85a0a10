namespace Starling.Client;

/// <summary>An answer that says no: status 400 or above.</summary>
public sealed class ApiException : Exception
{
    /// <summary>Creates the exception.</summary>
    public ApiException(int status, string typeCode, string message, TimeSpan? retryAfter = null, string node = "", bool isStarting = false)
        : base(message)
    {
        Status = status;
        TypeCode = typeCode;
        RetryAfter = retryAfter;
        Node = node;
        IsStarting = isStarting;
    }

    /// <summary>HTTP status, 400 to 599.</summary>
    public int Status { get; }

    /// <summary>The server's type of error, for example <c>ErrBckNotFound</c>; empty when it named none.</summary>
    public string TypeCode { get; }

    /// <summary>After what time the server wants to be asked again.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>Display name of the node that answered, for example <c>t[kOHt8086]</c>; empty when it did not say.</summary>
    public string Node { get; }

    /// <summary>True for a 503 with an empty body: the node or the cluster is still starting.</summary>
    public bool IsStarting { get; }

    /// <summary>True for 404.</summary>
    public bool IsNotFound => Status == 404;
}
