using Starling.Core.Hashing;

namespace Starling.Core.Objects;

/// <summary>What is known of an object besides its name and its bytes.</summary>
public sealed record ObjectAttributes
{
    /// <summary>Size, bytes.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>Type of the checksum.</summary>
    public ChecksumType ChecksumType { get; init; }

    /// <summary>Value of the checksum of the whole content: lower-case hexadecimal, big endian; empty for <see cref="Hashing.ChecksumType.None"/>.</summary>
    public string ChecksumValue { get; init; } = string.Empty;

    /// <summary>Version: 1, 2 and so on; empty in buckets that do not count them.</summary>
    public string Version { get; init; } = string.Empty;

    /// <summary>Last access, nanoseconds since 1970 UTC.</summary>
    public long AccessTimeNs { get; init; }

    /// <summary>Metadata of clients.</summary>
    public CustomMetadata Custom { get; init; } = CustomMetadata.Empty;

    /// <summary>Whether content with this checksum is the content that is stored: same type, same value, and there is one.</summary>
    public bool HasSameContent(ChecksumType type, string value) =>
        type != ChecksumType.None && type == ChecksumType && value.Length > 0 && string.Equals(value, ChecksumValue, StringComparison.OrdinalIgnoreCase);
}
