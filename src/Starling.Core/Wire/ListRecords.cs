using System.Text.Json.Serialization;

namespace Starling.Core.Wire;

/// <summary>What is to be listed.</summary>
public sealed record ListMessageWire
{
    /// <summary>Of the first page's answer; empty on the first request.</summary>
    [JsonPropertyName("uuid")]
    public string? Uuid { get; set; } = string.Empty;

    /// <summary>Comma-separated; matched by substring.</summary>
    [JsonPropertyName("props")]
    public string? Props { get; set; } = string.Empty;

    /// <summary>Layout of times, as Go writes layouts; empty is RFC 822.</summary>
    [JsonPropertyName("time_format")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? TimeFormat { get; set; }

    /// <summary>Only names that begin with it; a trailing <c>*</c> is dropped.</summary>
    [JsonPropertyName("prefix")]
    public string? Prefix { get; set; } = string.Empty;

    /// <summary>Only names after it.</summary>
    [JsonPropertyName("start_after")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? StartAfter { get; set; }

    /// <summary>Of the previous page.</summary>
    [JsonPropertyName("continuation_token")]
    public string? ContinuationToken { get; set; } = string.Empty;

    /// <summary>Only this target.</summary>
    [JsonPropertyName("target")]
    public string? Target { get; set; } = string.Empty;

    /// <summary>Bits, see <see cref="ListFlags"/>; a string on the wire.</summary>
    [JsonPropertyName("flags")]
    [JsonConverter(typeof(UInt64StringConverter))]
    public ulong Flags { get; set; }

    /// <summary>Names per page; 0 for the most.</summary>
    [JsonPropertyName("pagesize")]
    public long PageSize { get; set; }
}

/// <summary>Bits of a listing request.</summary>
public static class ListFlags
{
    /// <summary>Only what is in the cluster.</summary>
    public const ulong Cached = 1;

    /// <summary>Include copies and misplaced objects.</summary>
    public const ulong Missing = 1 << 1;

    /// <summary>Deleted.</summary>
    public const ulong Deleted = 1 << 2;

    /// <summary>Expand archives.</summary>
    public const ulong ArchiveDirectory = 1 << 3;

    /// <summary>Names only.</summary>
    public const ulong NameOnly = 1 << 4;

    /// <summary>Names and sizes only.</summary>
    public const ulong NameSize = 1 << 5;

    /// <summary>The bucket is known.</summary>
    public const ulong BucketPresent = 1 << 6;

    /// <summary>Not in the cluster; refused for ais:// buckets.</summary>
    public const ulong NotCached = 1 << 9;

    /// <summary>One level of virtual directories.</summary>
    public const ulong NoRecursion = 1 << 11;

    /// <summary>Compare with the remote bucket.</summary>
    public const ulong Difference = 1 << 12;

    /// <summary>Leave virtual directories out.</summary>
    public const ulong NoDirectories = 1 << 13;
}

/// <summary>Bits of a listed entry.</summary>
public static class EntryFlags
{
    /// <summary>Low bits: where it was found; 0 for where it belongs.</summary>
    public const ushort LocationMask = 31;

    /// <summary>In the cluster: every object of an ais:// bucket.</summary>
    public const ushort Present = 64;

    /// <summary>A virtual directory; its name ends with a slash.</summary>
    public const ushort Directory = 256;

    /// <summary>A file inside an archive.</summary>
    public const ushort InArchive = 128;

    /// <summary>An archive.</summary>
    public const ushort Archive = 512;

    /// <summary>Stored in chunks.</summary>
    public const ushort Chunked = 8192;
}

/// <summary>One listed object or virtual directory.</summary>
public sealed record ListEntryWire
{
    /// <summary>Name.</summary>
    [JsonPropertyName("name")]
    public string Name { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Checksum value.</summary>
    [JsonPropertyName("checksum")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Checksum { get; set; }

    /// <summary>Access time, formatted.</summary>
    [JsonPropertyName("atime")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? AccessTime { get; set; }

    /// <summary>Version.</summary>
    [JsonPropertyName("version")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Version { get; set; }

    /// <summary>Where it lies.</summary>
    [JsonPropertyName("location")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Location { get; set; }

    /// <summary>Custom metadata.</summary>
    [JsonPropertyName("custom-md")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Custom { get; set; }

    /// <summary>Size in bytes, a decimal string on the wire; left out when zero.</summary>
    [JsonPropertyName("size")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    [JsonConverter(typeof(Int64StringConverter))]
    public long SizeBytes { get; set; }

    /// <summary>Copies; left out when zero.</summary>
    [JsonPropertyName("copies")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int Copies { get; set; }

    /// <summary>Bits, see <see cref="EntryFlags"/>; left out when zero.</summary>
    [JsonPropertyName("flags")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public ushort Flags { get; set; }
}

/// <summary>A page of a listing.</summary>
public sealed record ListResultWire
{
    /// <summary>Same on every page; at least nine characters.</summary>
    [JsonPropertyName("uuid")]
    public string Uuid { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Empty when done.</summary>
    [JsonPropertyName("continuation_token")]
    public string ContinuationToken { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Sorted by name.</summary>
    [JsonPropertyName("entries")]
    public IReadOnlyList<ListEntryWire>? Entries { get; set; } = [];

    /// <summary>Bits.</summary>
    [JsonPropertyName("flags")]
    public uint Flags { get; set; }
}

/// <summary>Argument of a bucket summary.</summary>
public sealed record SummaryMessageWire
{
    /// <summary>Job id of the first answer; empty on the first request.</summary>
    [JsonPropertyName("uuid")]
    public string? Uuid { get; set; } = string.Empty;

    /// <summary>Only names that begin with it.</summary>
    [JsonPropertyName("prefix")]
    public string? Prefix { get; set; } = string.Empty;

    /// <summary>Only what is in the cluster.</summary>
    [JsonPropertyName("cached")]
    public bool Cached { get; set; }

    /// <summary>Only buckets in the cluster.</summary>
    [JsonPropertyName("present")]
    public bool Present { get; set; }

    /// <summary>Do not remember remote buckets that are looked at.</summary>
    [JsonPropertyName("dont_add_remote")]
    public bool DontAddRemote { get; set; }
}

/// <summary>Counts of a summary; strings on the wire.</summary>
public sealed record SummaryCountWire
{
    /// <summary>In the cluster.</summary>
    [JsonPropertyName("obj_count_present")]
    [JsonConverter(typeof(Int64StringConverter))]
    public long Present { get; set; }

    /// <summary>In the remote bucket.</summary>
    [JsonPropertyName("obj_count_remote")]
    [JsonConverter(typeof(Int64StringConverter))]
    public long Remote { get; set; }
}

/// <summary>Object sizes of a summary, bytes.</summary>
public sealed record SummaryObjectSizeWire
{
    /// <summary>Smallest.</summary>
    [JsonPropertyName("obj_min_size")]
    public long Min { get; set; }

    /// <summary>Average.</summary>
    [JsonPropertyName("obj_avg_size")]
    public long Average { get; set; }

    /// <summary>Largest.</summary>
    [JsonPropertyName("obj_max_size")]
    public long Max { get; set; }
}

/// <summary>Total sizes of a summary, bytes; strings on the wire.</summary>
public sealed record SummaryTotalSizeWire
{
    /// <summary>On disk.</summary>
    [JsonPropertyName("size_on_disk")]
    [JsonConverter(typeof(Int64StringConverter))]
    public long OnDisk { get; set; }

    /// <summary>Objects in the cluster.</summary>
    [JsonPropertyName("size_all_present_objs")]
    [JsonConverter(typeof(Int64StringConverter))]
    public long PresentObjects { get; set; }

    /// <summary>Objects in the remote bucket.</summary>
    [JsonPropertyName("size_all_remote_objs")]
    [JsonConverter(typeof(Int64StringConverter))]
    public long RemoteObjects { get; set; }

    /// <summary>All disks.</summary>
    [JsonPropertyName("total_disks_size")]
    [JsonConverter(typeof(Int64StringConverter))]
    public long Disks { get; set; }
}

/// <summary>Summary of a bucket.</summary>
public sealed record BucketSummaryWire
{
    /// <summary>Bucket's name.</summary>
    [JsonPropertyName("name")]
    public string Name { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Provider.</summary>
    [JsonPropertyName("provider")]
    public string Provider { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Namespace.</summary>
    [JsonPropertyName("namespace")]
    public NamespaceWire Namespace { get; set => field = value ?? new(); } = new();

    /// <summary>Counts.</summary>
    [JsonPropertyName("ObjCount")]
    public SummaryCountWire Count { get; set => field = value ?? new(); } = new();

    /// <summary>Object sizes.</summary>
    [JsonPropertyName("ObjSize")]
    public SummaryObjectSizeWire ObjectSize { get; set => field = value ?? new(); } = new();

    /// <summary>Total sizes.</summary>
    [JsonPropertyName("TotalSize")]
    public SummaryTotalSizeWire TotalSize { get; set => field = value ?? new(); } = new();

    /// <summary>Share of the capacity, percent.</summary>
    [JsonPropertyName("used_pct")]
    public long UsedPercent { get; set; }

    /// <summary>In the cluster.</summary>
    [JsonPropertyName("is_present")]
    public bool IsPresent { get; set; }
}
