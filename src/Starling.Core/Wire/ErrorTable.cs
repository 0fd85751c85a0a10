using Starling.Core.Errors;

namespace Starling.Core.Wire;

/// <summary>How failures look on the wire: one row per code.</summary>
public static class ErrorTable
{
    /// <summary>HTTP status, at least 400.</summary>
    public static int Status(ErrorCode code) => Row(code).Status;

    /// <summary>Name of the error's type that clients may test; null when there is none.</summary>
    /// <param name="code">The failure.</param>
    /// <param name="isRemoteBucket">True when it is about a bucket of a remote provider or of a remote cluster.</param>
    public static string? TypeCode(ErrorCode code, bool isRemoteBucket = false) =>
        isRemoteBucket && code == ErrorCode.BucketNotFound ? "ErrRemoteBckNotFound" : Row(code).TypeCode;

    private static (int Status, string? TypeCode) Row(ErrorCode code) => code switch
    {
        ErrorCode.Invalid => (400, null),
        ErrorCode.BucketNotFound => (404, "ErrBckNotFound"),
        ErrorCode.ObjectNotFound => (404, "ErrNotFound"),
        ErrorCode.NodeNotFound => (404, "errNodeNotFound"),
        ErrorCode.JobNotFound => (404, "ErrXactNotFound"),
        ErrorCode.NotFound => (404, "ErrNotFound"),
        ErrorCode.BucketExists => (409, "ErrBucketAlreadyExists"),
        ErrorCode.AccessDenied => (403, "ErrBucketAccessDenied"),
        ErrorCode.Busy => (409, "ErrBusy"),
        ErrorCode.Conflict => (409, "ErrBusy"),
        ErrorCode.PreconditionFailed => (412, null),
        ErrorCode.RangeNotSatisfiable => (416, "ErrRangeNotSatisfiable"),
        ErrorCode.ChecksumMismatch => (500, "ErrBadCksum"),
        ErrorCode.OutOfSpace => (507, "ErrCapExceeded"),
        ErrorCode.TooLarge => (413, null),
        ErrorCode.Unsupported => (501, "ErrUnsupp"),
        ErrorCode.NotOwner or ErrorCode.Stale or ErrorCode.Unavailable or ErrorCode.Unreachable or ErrorCode.UnknownOutcome => (503, null),
        ErrorCode.DiskFailure or ErrorCode.Corrupt or ErrorCode.Internal => (500, null),
        _ => throw new ArgumentOutOfRangeException(nameof(code), code, "a failure without a row in the table"),
    };
}
