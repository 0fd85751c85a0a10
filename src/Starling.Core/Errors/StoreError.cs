namespace Starling.Core.Errors;

/// <summary>A failure as it travels inside the process.</summary>
/// <param name="Code">Which kind.</param>
/// <param name="Message">Names the field or the subject, and the remedy.</param>
/// <param name="RetryAfterMs">When trying again makes sense, milliseconds; null when it does not.</param>
public sealed record StoreError(ErrorCode Code, string Message, int? RetryAfterMs = null)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Code}: {Message}";
}

/// <summary>Carries a <see cref="StoreError"/> across layers where a result type would be noise.</summary>
public sealed class StoreException : Exception
{
    /// <summary>Wraps the failure.</summary>
    public StoreException(StoreError error, Exception? inner = null)
        : base(error?.Message, inner)
    {
        Error = error ?? throw new ArgumentNullException(nameof(error));
    }

    /// <summary>Shorthand for the common case.</summary>
    public StoreException(ErrorCode code, string message, int? retryAfterMs = null)
        : this(new StoreError(code, message, retryAfterMs))
    {
    }

    /// <summary>The failure.</summary>
    public StoreError Error { get; }
}
