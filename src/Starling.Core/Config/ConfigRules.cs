using Starling.Core.Hashing;
using Starling.Core.Wire;

namespace Starling.Core.Config;

/// <summary>What a configuration must satisfy, section by section. Each rule answers null, or names the setting, its value and the remedy.</summary>
internal static class ConfigRules
{
    public static string? Check(ClusterConfigWire config) =>
        Timeouts(config.Timeout)
        ?? Keepalive("keepalivetracker.proxy", config.Keepalive.Proxy, config.Timeout)
        ?? Keepalive("keepalivetracker.target", config.Keepalive.Target, config.Timeout)
        ?? Space(config.Space)
        ?? Checksum(config.Checksum, emptyIsDefault: true)
        ?? Mirror(config.Mirror)
        ?? ErasureCoding(config.ErasureCoding)
        ?? WritePolicy(config.WritePolicy)
        ?? Chunks(config.Chunks)
        ?? AtLeast("lru.dont_evict_time", config.Lru.DontEvictTime, "1h0m")
        ?? Within("rebalance.dest_retry_time", config.Rebalance.DestRetryTime, "1s", "10m")
        ?? Between("rebalance.bundle_multiplier", config.Rebalance.BundleMultiplier, 1, 16)
        ?? Between("rebalance.burst_buffer", config.Rebalance.BurstBuffer, 32, 10_000)
        ?? Between("pace.max_bytes_per_second", config.Pace.MaxBytesPerSecond.Bytes, 0, long.MaxValue)
        ?? Between("pace.latency_percent", config.Pace.LatencyPercent, 100, 10_000)
        ?? Within("pace.latency_slack", config.Pace.LatencySlack, "0s", "1m")
        ?? Compression("rebalance", config.Rebalance.Compression)
        ?? Compression("ec", config.ErasureCoding.Compression)
        ?? Compression("tcb", config.CopyBucket.Compression)
        ?? Compression("tco", config.CopyObjects.Compression)
        ?? Compression("arch", config.Archive.Compression)
        ?? Compression("lso", config.List.Compression)
        ?? Compression("get_batch", config.GetBatch.Compression)
        ?? Features("features", config.Features, FeatureBits.All)
        ?? RateLimits(config.RateLimit)
        ?? Disk(config.Disk);

    public static string? Checksum(ChecksumSection section, bool emptyIsDefault) =>
        section.Type.Length == 0 && !emptyIsDefault ? "invalid checksum.type=\"\": expected none, xxhash, xxhash2, md5, crc32c, sha256 or sha512"
        : ChecksumTypes.TryParse(section.Type, out _) ? null
        : $"invalid checksum.type=\"{section.Type}\": expected none, xxhash, xxhash2, md5, crc32c, sha256 or sha512";

    public static string? Mirror(MirrorSection section) =>
        Between("mirror.copies", section.Copies, 2, 32) ?? Between("mirror.burst_buffer", section.BurstBuffer, 0, int.MaxValue);

    public static string? ErasureCoding(ErasureCodingSection section) =>
        Between("ec.data_slices", section.DataSlices, 1, 32)
        ?? Between("ec.parity_slices", section.ParitySlices, 1, 32)
        ?? Between("ec.objsize_limit", section.ObjsizeLimit, 0, long.MaxValue);

    public static string? WritePolicy(WritePolicySection section) => Policy("write_policy.data", section.Data) ?? Policy("write_policy.md", section.Md);

    public static string? Chunks(ChunksSection section) =>
        section.ChunkSize.Bytes < 1 ? $"invalid chunks.chunk_size={section.ChunkSize}: must be at least 1B"
        : section.ObjsizeLimit.Bytes > 0 && section.ObjsizeLimit > section.MaxMonolithicSize
            ? $"invalid chunks.objsize_limit={section.ObjsizeLimit}: must not exceed chunks.max_monolithic_size={section.MaxMonolithicSize}"
            : null;

    public static string? RateLimits(RateLimitSection section) =>
        Between("rate_limit.backend.max_tokens", section.Backend.MaxTokens, 1, int.MaxValue)
        ?? Between("rate_limit.backend.num_retries", section.Backend.NumRetries, 0, 100)
        ?? AtLeast("rate_limit.backend.interval", section.Backend.Interval, "1s")
        ?? Between("rate_limit.frontend.max_tokens", section.Frontend.MaxTokens, 1, int.MaxValue)
        ?? Between("rate_limit.frontend.burst_size", section.Frontend.BurstSize, 1, int.MaxValue)
        ?? AtLeast("rate_limit.frontend.interval", section.Frontend.Interval, "1s");

    public static string? Features(string name, ulong features, ulong known) => (features & ~known) == 0 ? null
        : $"invalid {name}={features}: the bits {features & ~known:x} (hexadecimal) are not known here; the known ones are {known:x}";

    private static string? Timeouts(TimeoutSection section) =>
        section.ControlPlaneOperation.Nanoseconds <= 0 ? $"invalid timeout.cplane_operation={section.ControlPlaneOperation}: must be positive"
        : section.MaxKeepalive.Nanoseconds / 2 >= section.ControlPlaneOperation.Nanoseconds ? null
        : $"invalid timeout.max_keepalive={section.MaxKeepalive}: must be at least twice timeout.cplane_operation={section.ControlPlaneOperation}";

    private static string? Keepalive(string name, KeepaliveTracker tracker, TimeoutSection timeout) =>
        tracker.Name is not ("heartbeat" or "average") ? $"invalid {name}.name=\"{tracker.Name}\": expected heartbeat or average"
        : tracker.Interval < timeout.MaxKeepalive ? $"invalid {name}.interval={tracker.Interval}: must be at least timeout.max_keepalive={timeout.MaxKeepalive}"
        : Between($"{name}.factor", tracker.Factor, 1, 10);

    private static string? Space(SpaceSection section) =>
        section.CleanupWatermark > 0 && section.CleanupWatermark <= section.LowWatermark && section.LowWatermark <= section.HighWatermark
        && section.HighWatermark <= section.OutOfSpace && section.OutOfSpace <= 100
            ? null
            : $"invalid space.cleanupwm={section.CleanupWatermark}, lowwm={section.LowWatermark}, highwm={section.HighWatermark}, out_of_space={section.OutOfSpace}: "
                + "must be above 0, in ascending order, and at most 100";

    private static string? Disk(DiskSection section) =>
        section.DiskUtilLowWm > 0 && section.DiskUtilLowWm < section.DiskUtilHighWm && section.DiskUtilHighWm <= section.DiskUtilMaxWm && section.DiskUtilMaxWm <= 100
            ? null
            : $"invalid disk.disk_util_low_wm={section.DiskUtilLowWm}, disk_util_high_wm={section.DiskUtilHighWm}, disk_util_max_wm={section.DiskUtilMaxWm}: "
                + "must be above 0, in ascending order, and at most 100";

    private static string? Policy(string name, string value) => value is "immediate" or "delayed" or "never" or "" ? null
        : $"invalid {name}=\"{value}\": expected immediate, delayed or never";

    private static string? Compression(string section, string value) => value is "never" or "always" or "" ? null
        : $"invalid {section}.compression=\"{value}\": expected never or always";

    private static string? Between(string name, long value, long least, long most) => value >= least && value <= most ? null
        : most is int.MaxValue or long.MaxValue ? $"invalid {name}={value}: must be at least {least}" : $"invalid {name}={value}: must be from {least} to {most}";

    private static string? AtLeast(string name, GoDuration value, string least) => value >= GoDuration.Parse(least) ? null : $"invalid {name}={value}: must be at least {least}";

    private static string? Within(string name, GoDuration value, string least, string most) =>
        value >= GoDuration.Parse(least) && value <= GoDuration.Parse(most) ? null : $"invalid {name}={value}: must be from {least} to {most}";
}
