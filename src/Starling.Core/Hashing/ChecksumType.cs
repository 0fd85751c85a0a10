namespace Starling.Core.Hashing;

/// <summary>Checksum types of object content.</summary>
public enum ChecksumType
{
    /// <summary>No checksum.</summary>
    None,

    /// <summary>XXH64 with seed 0 under its older name.</summary>
    Xxhash,

    /// <summary>XXH64 with seed 0; the default.</summary>
    Xxhash2,

    /// <summary>MD5.</summary>
    Md5,

    /// <summary>CRC-32C (Castagnoli).</summary>
    Crc32c,

    /// <summary>SHA-256.</summary>
    Sha256,

    /// <summary>SHA-512.</summary>
    Sha512,
}

/// <summary>The names of checksum types on the wire.</summary>
public static class ChecksumTypes
{
    /// <summary>The name on the wire.</summary>
    public static string Name(this ChecksumType type) => type switch
    {
        ChecksumType.Xxhash => "xxhash",
        ChecksumType.Xxhash2 => "xxhash2",
        ChecksumType.Md5 => "md5",
        ChecksumType.Crc32c => "crc32c",
        ChecksumType.Sha256 => "sha256",
        ChecksumType.Sha512 => "sha512",
        _ => "none",
    };

    /// <summary>Parses a name of the wire; null or empty is <see cref="ChecksumType.None"/>.</summary>
    public static bool TryParse(string? name, out ChecksumType type)
    {
        (type, var known) = name switch
        {
            null or "" or "none" => (ChecksumType.None, true),
            "xxhash" => (ChecksumType.Xxhash, true),
            "xxhash2" => (ChecksumType.Xxhash2, true),
            "md5" => (ChecksumType.Md5, true),
            "crc32c" => (ChecksumType.Crc32c, true),
            "sha256" => (ChecksumType.Sha256, true),
            "sha512" => (ChecksumType.Sha512, true),
            _ => (ChecksumType.None, false),
        };
        return known;
    }

    /// <summary>Parses a name of the wire.</summary>
    /// <exception cref="FormatException">Not a checksum type.</exception>
    public static ChecksumType Parse(string? name) => TryParse(name, out var type)
        ? type
        : throw new FormatException($"invalid checksum type \"{name}\": expected none, xxhash, xxhash2, md5, crc32c, sha256 or sha512");
}
