namespace Starling.Core.Wire;

/// <summary>Names of actions, as they stand in <see cref="ActionMessageWire"/>.</summary>
public static class ActionNames
{
    /// <summary>Action: create bucket.</summary>
    public const string CreateBucket = "create-bck";

    /// <summary>Action: destroy bucket.</summary>
    public const string DestroyBucket = "destroy-bck";

    /// <summary>Action: set bucket props.</summary>
    public const string SetBucketProps = "set-bprops";

    /// <summary>Action: reset bucket props.</summary>
    public const string ResetBucketProps = "reset-bprops";

    /// <summary>Action: summarize bucket.</summary>
    public const string SummarizeBucket = "summary-bck";

    /// <summary>Action: list.</summary>
    public const string List = "list";

    /// <summary>Action: rename bucket.</summary>
    public const string RenameBucket = "move-bck";

    /// <summary>Action: copy bucket.</summary>
    public const string CopyBucket = "copy-bck";

    /// <summary>Action: transform bucket.</summary>
    public const string TransformBucket = "etl-bck";

    /// <summary>Action: make ncopies.</summary>
    public const string MakeNCopies = "make-n-copies";

    /// <summary>Action: erasure code.</summary>
    public const string ErasureCode = "ec-encode";

    /// <summary>Action: rechunk.</summary>
    public const string Rechunk = "rechunk";

    /// <summary>Action: index shards.</summary>
    public const string IndexShards = "index-shard";

    /// <summary>Evicts a remote bucket.</summary>
    public const string EvictRemoteBucket = "evict-remote-bck";

    /// <summary>Action: copy objects.</summary>
    public const string CopyObjects = "copy-listrange";

    /// <summary>Action: transform objects.</summary>
    public const string TransformObjects = "etl-listrange";

    /// <summary>Action: prefetch objects.</summary>
    public const string PrefetchObjects = "prefetch-listrange";

    /// <summary>Action: delete objects.</summary>
    public const string DeleteObjects = "delete-listrange";

    /// <summary>Action: evict objects.</summary>
    public const string EvictObjects = "evict-listrange";

    /// <summary>Action: archive.</summary>
    public const string Archive = "archive";

    /// <summary>Action: create inventory.</summary>
    public const string CreateInventory = "create-inventory";

    /// <summary>Action: destroy inventory.</summary>
    public const string DestroyInventory = "destroy-inventory";

    /// <summary>Action: show inventory.</summary>
    public const string ShowInventory = "show-inventory";

    /// <summary>Action: rename object.</summary>
    public const string RenameObject = "rename-obj";

    /// <summary>Action: promote.</summary>
    public const string Promote = "promote";

    /// <summary>Action: blob download.</summary>
    public const string BlobDownload = "blob-download";

    /// <summary>Action: multipart upload.</summary>
    public const string MultipartUpload = "mpt-upload";

    /// <summary>Action: multipart complete.</summary>
    public const string MultipartComplete = "mpt-complete";

    /// <summary>Action: multipart abort.</summary>
    public const string MultipartAbort = "mpt-abort";

    /// <summary>Action: check lock.</summary>
    public const string CheckLock = "check-lock";

    /// <summary>Action: delete object.</summary>
    public const string DeleteObject = "delete-obj";

    /// <summary>Action: evict object.</summary>
    public const string EvictObject = "evict-remote-obj";

    /// <summary>Action: set config.</summary>
    public const string SetConfig = "set-config";

    /// <summary>Action: reset config.</summary>
    public const string ResetConfig = "reset-config";

    /// <summary>Action: rotate logs.</summary>
    public const string RotateLogs = "rotate-logs";

    /// <summary>Action: reset stats.</summary>
    public const string ResetStats = "reset-stats";

    /// <summary>Action: clear cache.</summary>
    public const string ClearCache = "clear-lcache";

    /// <summary>Action: reload credentials.</summary>
    public const string ReloadCredentials = "reload-creds";

    /// <summary>Starts a job; not <c>start-xaction</c>.</summary>
    public const string StartJob = "start";

    /// <summary>Stops a job.</summary>
    public const string StopJob = "stop";

    /// <summary>Action: start maintenance.</summary>
    public const string StartMaintenance = "start-maintenance";

    /// <summary>Action: stop maintenance.</summary>
    public const string StopMaintenance = "stop-maintenance";

    /// <summary>Action: shutdown node.</summary>
    public const string ShutdownNode = "shutdown-node";

    /// <summary>Action: decommission node.</summary>
    public const string DecommissionNode = "decommission-node";

    /// <summary>Action: remove unsafe.</summary>
    public const string RemoveUnsafe = "rm-unsafe";

    /// <summary>Action: shutdown cluster.</summary>
    public const string ShutdownCluster = "shutdown";

    /// <summary>Action: decommission cluster.</summary>
    public const string DecommissionCluster = "decommission";

    /// <summary>Action: attach remote.</summary>
    public const string AttachRemote = "attach";

    /// <summary>Action: detach remote.</summary>
    public const string DetachRemote = "detach";

    /// <summary>Action: enable backend.</summary>
    public const string EnableBackend = "enable-bend";

    /// <summary>Action: disable backend.</summary>
    public const string DisableBackend = "disable-bend";

    /// <summary>Action: attach mountpath.</summary>
    public const string AttachMountpath = "attach-mp";

    /// <summary>Action: detach mountpath.</summary>
    public const string DetachMountpath = "detach-mp";

    /// <summary>Action: enable mountpath.</summary>
    public const string EnableMountpath = "enable-mp";

    /// <summary>Action: disable mountpath.</summary>
    public const string DisableMountpath = "disable-mp";

    /// <summary>Action: rescan mountpath.</summary>
    public const string RescanMountpath = "rescan-mp";

    /// <summary>Action: check mountpath.</summary>
    public const string CheckMountpath = "fshc-mp";

    /// <summary>Starling: forms a new cluster.</summary>
    public const string InitCluster = "init";
}
