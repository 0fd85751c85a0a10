using Starling.Core.Errors;

namespace Starling.Server.Api;

/// <summary>How one failure looks on the wire: HTTP status, the type name that native clients test (may be null), and whether a retry hint belongs to it.</summary>
internal readonly record struct WireError(int Status, string? TypeCode, bool MayRetry);

/// <summary>The single mapping from a closed failure code to what clients see. Texts that clients parse come with the failure; this table never invents one.</summary>
internal static class ErrorTable
{
    /// <summary>Status and type code of a failure.</summary>
    public static WireError Map(ErrorCode code) => code switch
    {
        ErrorCode.Invalid => new(400, null, false),
        ErrorCode.BucketNotFound => new(404, "ErrBckNotFound", false),
        ErrorCode.ObjectNotFound => new(404, null, false),
        ErrorCode.NodeNotFound => new(404, "errNodeNotFound", false),
        ErrorCode.JobNotFound => new(404, "ErrXactNotFound", false),
        ErrorCode.NotFound => new(404, "ErrNotFound", false),
        ErrorCode.BucketExists => new(409, "ErrBucketAlreadyExists", false),
        ErrorCode.AccessDenied => new(403, "ErrBucketAccessDenied", false),
        ErrorCode.NotOwner => new(503, null, true),
        ErrorCode.Stale => new(503, null, true),
        ErrorCode.Unavailable => new(503, null, true),
        ErrorCode.Unreachable => new(503, null, true),
        ErrorCode.UnknownOutcome => new(503, null, true),
        ErrorCode.Busy => new(409, "ErrBusy", false),
        ErrorCode.PreconditionFailed => new(412, null, false),
        ErrorCode.Conflict => new(409, "ErrBusy", false),
        ErrorCode.RangeNotSatisfiable => new(416, "ErrRangeNotSatisfiable", false),
        ErrorCode.ChecksumMismatch => new(500, "ErrBadCksum", false),
        ErrorCode.OutOfSpace => new(507, "ErrCapExceeded", false),
        ErrorCode.DiskFailure => new(500, null, false),
        ErrorCode.Corrupt => new(500, null, false),
        ErrorCode.TooLarge => new(413, null, false),
        ErrorCode.Unsupported => new(501, "ErrUnsupp", false),
        ErrorCode.Internal => new(500, null, false),
        _ => new(500, null, false),
    };

    /// <summary>Milliseconds a client is told to wait when the failure itself carries no hint.</summary>
    public const int DefaultRetryAfterMs = 1000;
}
