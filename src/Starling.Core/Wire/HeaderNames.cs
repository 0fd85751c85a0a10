namespace Starling.Core.Wire;

/// <summary>Names of HTTP headers.</summary>
public static class HeaderNames
{
    /// <summary>Type of the checksum.</summary>
    public const string ChecksumType = "Ais-Checksum-Type";

    /// <summary>Value of the checksum.</summary>
    public const string ChecksumValue = "Ais-Checksum-Value";

    /// <summary>Last access, nanoseconds since 1970 UTC.</summary>
    public const string AccessTime = "Ais-Atime";

    /// <summary>Custom metadata, <c>key=value</c>.</summary>
    public const string CustomMetadata = "Ais-Custom-Md";

    /// <summary>Version of the object.</summary>
    public const string Version = "Ais-Version";

    /// <summary>Whether the cluster holds the object.</summary>
    public const string Present = "Ais-Present";

    /// <summary>Name of the object.</summary>
    public const string Name = "Ais-Name";

    /// <summary>Where the object is stored.</summary>
    public const string Location = "Ais-Location";

    /// <summary>Name of the bucket.</summary>
    public const string BucketName = "Ais-Bucket-Name";

    /// <summary>Provider of the bucket.</summary>
    public const string BucketProvider = "Ais-Bucket-Provider";

    /// <summary>Namespace: cluster.</summary>
    public const string BucketNamespaceUuid = "Ais-Bucket-Namespace-Uuid";

    /// <summary>Namespace: name.</summary>
    public const string BucketNamespaceName = "Ais-Bucket-Namespace-Name";

    /// <summary>Number of copies.</summary>
    public const string MirrorCopies = "Ais-Mirror-Copies";

    /// <summary>Mountpaths of the copies.</summary>
    public const string MirrorPaths = "Ais-Mirror-Paths";

    /// <summary>Erasure coding: generation.</summary>
    public const string EcGeneration = "Ais-Ec-Generation";

    /// <summary>Erasure coding: data slices.</summary>
    public const string EcData = "Ais-Ec-Data";

    /// <summary>Erasure coding: parity slices.</summary>
    public const string EcParity = "Ais-Ec-Parity";

    /// <summary>Erasure coding: replicated whole.</summary>
    public const string EcReplicated = "Ais-Ec-Replicated";

    /// <summary>Number of chunks.</summary>
    public const string ChunksCount = "Ais-Chunks-Count";

    /// <summary>Largest chunk, bytes.</summary>
    public const string ChunksMaxChunkSize = "Ais-Chunks-Max-Chunk-Size";

    /// <summary>What the next append has to send.</summary>
    public const string AppendHandle = "Ais-Append-Handle";

    /// <summary>Append to an archive.</summary>
    public const string Pine = "Ais-Pine";

    /// <summary>Properties of the bucket, JSON.</summary>
    public const string BucketProps = "Ais-Bucket-Props";

    /// <summary>Summary of the bucket, JSON.</summary>
    public const string BucketSummary = "Ais-Bucket-Summ";

    /// <summary>Id of the job.</summary>
    public const string JobId = "Ais-Xaction-Id";

    /// <summary>Node that a reverse-proxied request is for.</summary>
    public const string NodeId = "Ais-Node-Id";

    /// <summary>Nanoseconds.</summary>
    public const string NodeUptime = "Ais-Node-Uptime";

    /// <summary>Nanoseconds.</summary>
    public const string ClusterUptime = "Ais-Cluster-Uptime";

    /// <summary>Flags of a joining node.</summary>
    public const string NodeFlags = "Ais-Node-Flags";

    /// <summary>Alias of a remote cluster.</summary>
    public const string RemoteAlias = "Ais-Remote-Ais-Alias";

    /// <summary>Address of a remote cluster.</summary>
    public const string RemoteUrl = "Ais-Remote-Ais-Url";

    /// <summary>Read a remote object in parallel.</summary>
    public const string BlobDownload = "Ais-Blob-Download";

    /// <summary>Size of a piece.</summary>
    public const string BlobChunk = "Ais-Blob-Chunk";

    /// <summary>Number of readers.</summary>
    public const string BlobWorkers = "Ais-Blob-Workers";

    /// <summary>Node that asks.</summary>
    public const string CallerId = "Ais-Caller-Id";

    /// <summary>Name of the node that asks.</summary>
    public const string CallerName = "Ais-Caller-Name";

    /// <summary>Whether the node that asks is primary.</summary>
    public const string CallerIsPrimary = "Ais-Caller-Is-Primary";

    /// <summary>Version of the cluster map of the node that asks.</summary>
    public const string CallerSmapVersion = "Ais-Caller-Smap-Ver";

    /// <summary>The JSON error of a HEAD request: there is no body to put it in.</summary>
    public const string HeadError = "Hdr-Error";

    /// <summary>Starling: the bytes were served without a lease and may be stale.</summary>
    public const string StalePossible = "Ais-Stale-Possible";

    /// <summary>Media type of JSON answers.</summary>
    public const string JsonContentType = "application/json; charset=utf-8";

    /// <summary>Media type of JSON errors.</summary>
    public const string ErrorContentType = "application/json";

    /// <summary>Media type of msgpack; without any parameter, clients compare it.</summary>
    public const string MsgpackContentType = "application/msgpack";

    /// <summary>Media type of object data.</summary>
    public const string ObjectContentType = "application/octet-stream";
}
