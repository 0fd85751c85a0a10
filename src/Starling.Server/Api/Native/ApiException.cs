namespace Starling.Server.Api.Native;

/// <summary>A failure whose HTTP status is decided where it arises: protocol matters of the facade itself, never of a service.</summary>
internal sealed class ApiException : Exception
{
    public ApiException(int status, string message, string? typeCode = null)
        : base(message)
    {
        Status = status;
        TypeCode = typeCode;
    }

    /// <summary>HTTP status, 400 or greater.</summary>
    public int Status { get; }

    /// <summary>Type name that native clients test; null when there is none.</summary>
    public string? TypeCode { get; }

    /// <summary>When a retry makes sense, milliseconds.</summary>
    public int? RetryAfterMs { get; init; }

    /// <summary>Size of the object of an unsatisfiable range, for <c>Content-Range</c>.</summary>
    public long? UnsatisfiedSizeBytes { get; init; }

    public static ApiException Invalid(string message) => new(400, message);

    public static ApiException NotImplemented(string what) =>
        new(501, $"{what} is not implemented by this version", "ErrNotImpl");
}
