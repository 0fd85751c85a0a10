using System.Text.Json.Serialization;

namespace Starling.Core.Wire;

/// <summary>One committed change; <c>GET /v1/journal</c>.</summary>
public sealed record JournalEntryWire
{
    /// <summary>Its log index; grows, with gaps.</summary>
    [JsonPropertyName("index")]
    public long Index { get; set; }

    /// <summary>When it was asked for, RFC 3339; <see cref="SnapWire.UnsetTime"/>: the change did not say.</summary>
    [JsonPropertyName("time")]
    public string Time { get; set => field = value ?? SnapWire.UnsetTime; } = SnapWire.UnsetTime;

    /// <summary>Who asked; empty: the leader, by its rules.</summary>
    [JsonPropertyName("who")]
    public string Who { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>The change.</summary>
    [JsonPropertyName("what")]
    public string What { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>The reason; may be empty.</summary>
    [JsonPropertyName("why")]
    public string Why { get; set => field = value ?? string.Empty; } = string.Empty;
}

/// <summary>Who owned a name under one epoch.</summary>
public sealed record ExplainOwnerWire
{
    /// <summary>The epoch.</summary>
    [JsonPropertyName("epoch")]
    public long Epoch { get; set; }

    /// <summary>Id of the owner; empty: the epoch has no targets.</summary>
    [JsonPropertyName("owner")]
    public string Owner { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Why this epoch matters, in words.</summary>
    [JsonPropertyName("why")]
    public string Why { get; set => field = value ?? string.Empty; } = string.Empty;
}

/// <summary>What one target holds under a name.</summary>
public sealed record ExplainCopyWire
{
    /// <summary>Id of the target.</summary>
    [JsonPropertyName("node")]
    public string Node { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary><c>live</c>, <c>tombstone</c>, <c>leftover</c>, <c>verified-leftover</c>, <c>quarantined</c>, <c>absent</c>, <c>unreadable</c> or <c>unreachable</c>.</summary>
    [JsonPropertyName("state")]
    public string State { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Directory of the mountpath.</summary>
    [JsonPropertyName("mountpath")]
    public string Mountpath { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Order of the record among all of this name: epoch, boot and number of the write, joined by dots.</summary>
    [JsonPropertyName("key")]
    public string Key { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Bytes of content.</summary>
    [JsonPropertyName("size")]
    public long Size { get; set; }

    /// <summary>Type and value of the checksum, a colon between; empty: none.</summary>
    [JsonPropertyName("checksum")]
    public string Checksum { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Version that clients see.</summary>
    [JsonPropertyName("version")]
    public string Version { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>In words: to whom it was handed over, what could not be read, why it does not answer.</summary>
    [JsonPropertyName("note")]
    public string Note { get; set => field = value ?? string.Empty; } = string.Empty;
}

/// <summary>Where an object is and who answers for it; <c>GET /v1/explain/{bucket}/{object}</c>.</summary>
public sealed record ExplainWire
{
    /// <summary>The object's full name, <c>ais://bucket/object</c>.</summary>
    [JsonPropertyName("object")]
    public string Object { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Id of the bucket; a bucket made again under the same name has another one.</summary>
    [JsonPropertyName("bucket_id")]
    public string BucketId { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Placement digest of the name, hexadecimal.</summary>
    [JsonPropertyName("digest")]
    public string Digest { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>The newest epoch.</summary>
    [JsonPropertyName("epoch")]
    public long Epoch { get; set; }

    /// <summary>Id of the owner under the newest epoch.</summary>
    [JsonPropertyName("owner")]
    public string Owner { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Owners by epoch, newest first; one entry per epoch that still matters.</summary>
    [JsonPropertyName("owners")]
    public ExplainOwnerWire[] Owners { get; set => field = value ?? []; } = [];

    /// <summary>Ids of the targets that the owner asks before it says that there is no such object.</summary>
    [JsonPropertyName("candidates")]
    public string[] Candidates { get; set => field = value ?? []; } = [];

    /// <summary>What every target holds, sorted by id.</summary>
    [JsonPropertyName("copies")]
    public ExplainCopyWire[] Copies { get; set => field = value ?? []; } = [];

    /// <summary>Id of the target whose copy a GET would return now; empty: none would.</summary>
    [JsonPropertyName("served_by")]
    public string ServedBy { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>What a GET would get now, and why, in words.</summary>
    [JsonPropertyName("answer")]
    public string Answer { get; set => field = value ?? string.Empty; } = string.Empty;
}
