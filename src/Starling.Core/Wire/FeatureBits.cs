using System.Collections.Immutable;

namespace Starling.Core.Wire;

/// <summary>Feature bits of the configuration; bit 0 is the first name.</summary>
public static class FeatureBits
{
    /// <summary>Names, by bit.</summary>
    public static ImmutableArray<string> Names { get; } =
    [
        "Enforce-IntraCluster-Access",
        "Skip-Loading-VersionChecksum-MD",
        "Do-not-Auto-Detect-FileShare",
        "S3-API-via-Root",
        "Fsync-PUT",
        "LZ4-Block-1MB",
        "LZ4-Frame-Checksum",
        "Do-not-Allow-Passing-FQN-to-ETL",
        "Ignore-LimitedCoexistence-Conflicts",
        "S3-Presigned-Request",
        "Do-not-Optimize-Listing-Virtual-Dirs",
        "Disable-Cold-GET",
        "Streaming-Cold-GET",
        "S3-Reverse-Proxy",
        "S3-Use-Path-Style",
        "Do-not-Delete-When-Rebalancing",
        "Do-not-Set-Control-Plane-ToS",
        "Trust-Crypto-Safe-Checksums",
        "S3-ListObjectVersions",
        "Enable-Detailed-Prom-Metrics",
        "Force-Container-CPU-Mem",
        "Resume-Interrupted-MPU",
        "Keep-Unknown-FQN",
        "Load-Balance-GET",
        "Count-Object-NotFound-Stats",
        "Enable-Go-Runtime-Metrics",
        "Dload-Allow-Private-Egress",
        "S3-Redirect-Rebuild",
    ];

    /// <summary>The bits that a bucket may have.</summary>
    public const ulong BucketScope = (1 << 1) | (1 << 4) | (1 << 9) | (1 << 11) | (1 << 12) | (1 << 14) | (1 << 18) | (1 << 21) | (1 << 24);

    /// <summary>All known bits.</summary>
    public static ulong All => (1UL << Names.Length) - 1;
}
