namespace Starling.Core.Wire;

/// <summary>Operations that a bucket permits, as bits.</summary>
public static class AccessBits
{
    /// <summary>Operation: get.</summary>
    public const ulong Get = 1UL << 0;

    /// <summary>Operation: head object.</summary>
    public const ulong HeadObject = 1UL << 1;

    /// <summary>Operation: put.</summary>
    public const ulong Put = 1UL << 2;

    /// <summary>Operation: append.</summary>
    public const ulong Append = 1UL << 3;

    /// <summary>Operation: delete object.</summary>
    public const ulong DeleteObject = 1UL << 4;

    /// <summary>Operation: move object.</summary>
    public const ulong MoveObject = 1UL << 5;

    /// <summary>Operation: promote.</summary>
    public const ulong Promote = 1UL << 6;

    /// <summary>Operation: update object.</summary>
    public const ulong UpdateObject = 1UL << 7;

    /// <summary>Operation: head bucket.</summary>
    public const ulong HeadBucket = 1UL << 8;

    /// <summary>Operation: list objects.</summary>
    public const ulong ListObjects = 1UL << 9;

    /// <summary>Operation: patch.</summary>
    public const ulong Patch = 1UL << 10;

    /// <summary>Operation: set bucket acl.</summary>
    public const ulong SetBucketAcl = 1UL << 11;

    /// <summary>Operation: list buckets.</summary>
    public const ulong ListBuckets = 1UL << 12;

    /// <summary>Operation: show cluster.</summary>
    public const ulong ShowCluster = 1UL << 13;

    /// <summary>Operation: create bucket.</summary>
    public const ulong CreateBucket = 1UL << 14;

    /// <summary>Operation: destroy bucket.</summary>
    public const ulong DestroyBucket = 1UL << 15;

    /// <summary>Operation: move bucket.</summary>
    public const ulong MoveBucket = 1UL << 16;

    /// <summary>Operation: admin.</summary>
    public const ulong Admin = 1UL << 17;

    /// <summary>Reading.</summary>
    public const ulong ReadOnly = Get | HeadObject | HeadBucket | ListObjects;

    /// <summary>Reading and writing.</summary>
    public const ulong ReadWrite = ReadOnly | Put | Append | DeleteObject | MoveObject;

    /// <summary>Everything, known or not.</summary>
    public const ulong All = ulong.MaxValue;

    /// <summary>What stays permitted whatever the bucket says, while clients are not authenticated: else nobody could repair the bits.</summary>
    public const ulong AlwaysPermitted = ReadOnly | Patch | SetBucketAcl;

    /// <summary>Whether a bucket with these bits permits the operation to a client that is not authenticated.</summary>
    public static bool Permits(ulong access, ulong operation) => (operation & ~(access | AlwaysPermitted)) == 0;
}
