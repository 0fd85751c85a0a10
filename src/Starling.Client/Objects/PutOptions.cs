namespace Starling.Client.Objects;

/// <summary>What may accompany a write.</summary>
public sealed record PutOptions
{
    /// <summary>No checksum, no custom metadata, through a gateway.</summary>
    public static PutOptions Default { get; } = new();

    /// <summary>Type of the checksum of the body, for example <c>xxhash2</c>; null sends none.</summary>
    public string? ChecksumType { get; init; }

    /// <summary>Checksum of the body in lower-case hex; the server refuses a body that does not match.</summary>
    public string? ChecksumValue { get; init; }

    /// <summary>Custom metadata to store with the object.</summary>
    public IReadOnlyDictionary<string, string> Custom { get; init; } = new Dictionary<string, string>();

    /// <summary>Value of <c>If-Match</c> (an entity tag); null sends none.</summary>
    public string? IfMatch { get; init; }

    /// <summary>Value of <c>If-None-Match</c>, usually <c>*</c> for create-if-absent; null sends none.</summary>
    public string? IfNoneMatch { get; init; }

    /// <summary>May be sent again by the client when the connection breaks in flight. A plain overwrite with the same bytes may.</summary>
    public bool RepeatAfterCut { get; init; }

    /// <summary>A target to send to first, computed by the caller from the cluster map; null goes through a gateway.</summary>
    public Uri? Direct { get; init; }

    /// <summary>With <see cref="Direct"/>: id of the gateway that would have redirected. Targets take writes only from requests that carry it.</summary>
    public string? DirectVia { get; init; }
}
