namespace Starling.Core.Errors;

/// <summary>The closed list of failures. The HTTP status, the native type code and the text are chosen in one table of the server.</summary>
public enum ErrorCode
{
    /// <summary>The request breaks a rule of the interface (names, ranges, malformed bodies).</summary>
    Invalid,

    /// <summary>The bucket does not exist; proven, not assumed.</summary>
    BucketNotFound,

    /// <summary>The object does not exist; proven, not assumed.</summary>
    ObjectNotFound,

    /// <summary>The node is not a member.</summary>
    NodeNotFound,

    /// <summary>No such job.</summary>
    JobNotFound,

    /// <summary>Anything else that does not exist.</summary>
    NotFound,

    /// <summary>The bucket exists already.</summary>
    BucketExists,

    /// <summary>The bucket's access bits forbid the operation.</summary>
    AccessDenied,

    /// <summary>This target does not own the name at the newest epoch.</summary>
    NotOwner,

    /// <summary>The sender's epoch or applied index is behind.</summary>
    Stale,

    /// <summary>No leader, no lease, fence not committed yet, or starting: try again later.</summary>
    Unavailable,

    /// <summary>The node that must answer cannot be reached.</summary>
    Unreachable,

    /// <summary>The outcome of a mutation is not known: it may or may not have happened.</summary>
    UnknownOutcome,

    /// <summary>Another operation is in the way.</summary>
    Busy,

    /// <summary>A condition of the request (If-Match and the like) does not hold.</summary>
    PreconditionFailed,

    /// <summary>A compare-and-set command saw an older version.</summary>
    Conflict,

    /// <summary>The range cannot be satisfied.</summary>
    RangeNotSatisfiable,

    /// <summary>The body does not match the checksum given by the client.</summary>
    ChecksumMismatch,

    /// <summary>No space, or the quota is exhausted.</summary>
    OutOfSpace,

    /// <summary>The disk refused (EIO, EROFS).</summary>
    DiskFailure,

    /// <summary>Stored bytes or metadata do not match their checksum.</summary>
    Corrupt,

    /// <summary>Larger than a limit of the interface.</summary>
    TooLarge,

    /// <summary>Known to the interface, not offered.</summary>
    Unsupported,

    /// <summary>A bug: an invariant does not hold.</summary>
    Internal,
}
