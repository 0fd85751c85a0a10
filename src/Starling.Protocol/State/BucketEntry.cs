using Starling.Core.Names;

namespace Starling.Protocol.State;

/// <summary>One existing bucket.</summary>
/// <param name="Id">Its id: from a counter in the log, grows, never used again (rule B12).</param>
/// <param name="Name">Provider, namespace and name.</param>
/// <param name="Props">Its properties.</param>
/// <param name="CreatedNs">When it was created, nanoseconds since 1970 UTC, for display.</param>
public sealed record BucketEntry(ulong Id, BucketName Name, BucketProps Props, long CreatedNs);

/// <summary>What a bucket id says about the bucket.</summary>
public enum BucketStanding
{
    /// <summary>It exists.</summary>
    Live,

    /// <summary>It was destroyed: everything with this id is obsolete, for ever.</summary>
    Retired,

    /// <summary>Not known yet: the asker has applied more than this state.</summary>
    Unknown,
}
