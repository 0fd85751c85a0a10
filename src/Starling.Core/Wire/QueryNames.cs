namespace Starling.Core.Wire;

/// <summary>Names of query parameters.</summary>
public static class QueryNames
{
    /// <summary>Which query.</summary>
    public const string What = "what";

    /// <summary>Comma-separated properties of an object.</summary>
    public const string Props = "props";

    /// <summary>Do not persist the change.</summary>
    public const string Transient = "transient";

    /// <summary>Id of a job.</summary>
    public const string Uuid = "uuid";

    /// <summary>Id of a job.</summary>
    public const string JobId = "jobid";

    /// <summary>Transformation.</summary>
    public const string EtlName = "etl_name";

    /// <summary>Transformations in a row, comma-separated.</summary>
    public const string EtlPipeline = "etl_pipeline";

    /// <summary>Arguments of the transformation.</summary>
    public const string EtlArgs = "etl_args";

    /// <summary>Regular expression.</summary>
    public const string Regex = "regex";

    /// <summary>Running ones only.</summary>
    public const string OnlyActive = "only_active";

    /// <summary>Replace all custom metadata.</summary>
    public const string SetNewCustom = "set-new-custom";

    /// <summary>Provider of the bucket; absent for <c>ais</c>.</summary>
    public const string Provider = "provider";

    /// <summary>Namespace in its wire form; absent for the global one.</summary>
    public const string Namespace = "namespace";

    /// <summary>Destination bucket: a full uname, slash at the end.</summary>
    public const string BucketTo = "bck_to";

    /// <summary>Destination object: a full uname.</summary>
    public const string ObjectTo = "object_to";

    /// <summary>Do not remember a remote bucket that is looked at.</summary>
    public const string DontAddRemote = "dont_add_remote_bck_md";

    /// <summary>Do not look at the remote bucket.</summary>
    public const string DontHeadRemote = "dont_head_remote_bck";

    /// <summary>Keep the bucket when its objects are evicted.</summary>
    public const string KeepMetadata = "keep_bck_md";

    /// <summary>Not empty: summarise; true: remote objects as well.</summary>
    public const string SummarizeRemote = "bsumm_remote";

    /// <summary>What presence is asked for, see the constants of <see cref="Presences"/>.</summary>
    public const string Presence = "presence";

    /// <summary><c>append</c> or <c>flush</c>.</summary>
    public const string AppendType = "append_type";

    /// <summary>What the append before answered.</summary>
    public const string AppendHandle = "append_handle";

    /// <summary>Original URL.</summary>
    public const string OriginalUrl = "original_url";

    /// <summary>Of log lines.</summary>
    public const string Severity = "severity";

    /// <summary>Of a log, bytes.</summary>
    public const string Offset = "offset";

    /// <summary>All logs.</summary>
    public const string All = "all";

    /// <summary>File inside an archive.</summary>
    public const string ArchivePath = "archpath";

    /// <summary>Kind of archive.</summary>
    public const string ArchiveMime = "archmime";

    /// <summary>Which files of an archive.</summary>
    public const string ArchiveRegex = "archregx";

    /// <summary>How those are matched.</summary>
    public const string ArchiveMode = "archmode";

    /// <summary>Do not load version and checksum.</summary>
    public const string SkipVersionChecksum = "skip_vc";

    /// <summary>Override what can be overridden.</summary>
    public const string Force = "frc";

    /// <summary>Look for a newer remote version.</summary>
    public const string LatestVersion = "latest-ver";

    /// <summary>Follow remote changes.</summary>
    public const string Synchronize = "synchronize";

    /// <summary>Verify content.</summary>
    public const string ValidateChecksum = "validate-checksum";

    /// <summary>Do not log errors.</summary>
    public const string Silent = "sln";

    /// <summary>Label of a mountpath.</summary>
    public const string MountpathLabel = "mountpath_label";

    /// <summary>Uploads in parts.</summary>
    public const string Uploads = "uploads";

    /// <summary>Id of an upload in parts.</summary>
    public const string UploadId = "uploadId";

    /// <summary>Number of a part.</summary>
    public const string PartNumber = "partNumber";

    /// <summary>Health: can it serve.</summary>
    public const string Readiness = "readiness";

    /// <summary>Health: ask the primary.</summary>
    public const string AskPrimary = "apr";

    /// <summary>Health: is the primary ready.</summary>
    public const string PrimaryReadyToRebalance = "prr";

    /// <summary>Health: state of the node.</summary>
    public const string ClusterInfo = "cii";

    /// <summary>Marks a redirect: the gateway.</summary>
    public const string ProxyId = "pid";

    /// <summary>Marks a redirect: nanoseconds since 1970 UTC.</summary>
    public const string UnixTime = "utm";

    /// <summary>Version of the cluster map, base 36.</summary>
    public const string SmapVersion = "vpams";

    /// <summary>URL of a foreign primary.</summary>
    public const string Candidate = "can";

    /// <summary>Internal.</summary>
    public const string Prepare = "prp";

    /// <summary>Do not move objects between mountpaths.</summary>
    public const string DontResilver = "dntres";

    /// <summary>Target.</summary>
    public const string TargetId = "tid";

    /// <summary>Of batched reads.</summary>
    public const string Colocation = "coloc";

    /// <summary>List system buckets as well.</summary>
    public const string SystemBuckets = "sys";

    /// <summary>More parameters than this in one request are refused.</summary>
    public const int MaxParameters = 100;

    /// <summary>A boolean parameter: empty, absent and unintelligible are false.</summary>
    public static bool IsTrue(string? value) => TryParseBoolean(value, out var result) && result;

    /// <summary>Parses a boolean; empty and absent are false.</summary>
    /// <returns>False when the value is none of the accepted words.</returns>
    public static bool TryParseBoolean(string? value, out bool result)
    {
        (result, var known) = value switch
        {
            "true" or "True" or "TRUE" or "t" or "T" or "y" or "Y" or "yes" or "Yes" or "YES" or "on" or "On" or "ON" or "1" => (true, true),
            null or "" or "false" or "False" or "FALSE" or "f" or "F" or "n" or "N" or "no" or "No" or "NO" or "off" or "Off" or "OFF" or "0" => (false, true),
            _ => (false, false),
        };
        return known;
    }
}
