using System.Diagnostics.CodeAnalysis;
using System.Text;
using Starling.Core.Hashing;

namespace Starling.Core.Names;

/// <summary>
/// A bucket and the name of an object in it. Only the parser makes one: no '.' or '..' component, no empty component, no leading '/' or '~/',
/// no trailing '/', no control character, valid Unicode, at most <see cref="MaxBytes"/> bytes of UTF-8.
/// </summary>
public sealed record ObjectName : IComparable<ObjectName>
{
    /// <summary>The longest object name, in bytes of UTF-8.</summary>
    public const int MaxBytes = 1024;

    private ObjectName(BucketName bucket, string name)
    {
        Bucket = bucket;
        Name = name;
        Uname = bucket.UnamePrefix + name;
        Digest = XxHash64Seeded.PlacementDigest(Uname);
    }

    /// <summary>The bucket.</summary>
    public BucketName Bucket { get; }

    /// <summary>The name inside the bucket; slashes are kept.</summary>
    public string Name { get; }

    /// <summary>The string that is hashed for placement, for example <c>ais/@#/bucket/a/b.tar</c>.</summary>
    public string Uname { get; }

    /// <summary>Placement digest of <see cref="Uname"/>.</summary>
    public ulong Digest { get; }

    /// <summary>Canonical form for messages, for example <c>ais://bucket/a/b.tar</c>.</summary>
    public string Cname => $"{Bucket.Cname}/{Name}";

    /// <summary>Parses a decoded name (percent signs are ordinary characters here).</summary>
    public static bool TryParse(BucketName bucket, string? name, [NotNullWhen(true)] out ObjectName? result, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(bucket);
        result = null;
        error = Check(name);
        if (error is not null)
        {
            return false;
        }

        result = new ObjectName(bucket, name!);
        return true;
    }

    /// <summary>Parses a decoded name.</summary>
    /// <exception cref="FormatException">The name breaks a rule; the message names it.</exception>
    public static ObjectName Parse(BucketName bucket, string name) => TryParse(bucket, name, out var result, out var error) ? result : throw new FormatException(error);

    /// <inheritdoc/>
    public int CompareTo(ObjectName? other) => other is null ? 1 : string.CompareOrdinal(Uname, other.Uname);

    /// <inheritdoc/>
    public override string ToString() => Cname;

    /// <summary>Ordinal order of unames.</summary>
    public static bool operator <(ObjectName left, ObjectName right) => left is null ? right is not null : left.CompareTo(right) < 0;

    /// <summary>Ordinal order of unames.</summary>
    public static bool operator >(ObjectName left, ObjectName right) => left is not null && left.CompareTo(right) > 0;

    /// <summary>Ordinal order of unames.</summary>
    public static bool operator <=(ObjectName left, ObjectName right) => left is null || left.CompareTo(right) <= 0;

    /// <summary>Ordinal order of unames.</summary>
    public static bool operator >=(ObjectName left, ObjectName right) => left is null ? right is null : left.CompareTo(right) >= 0;

    private static string? Check(string? name)
    {
        if (string.IsNullOrEmpty(name))
        {
            return "object name is empty";
        }

        if (name.Length > MaxBytes || Encoding.UTF8.GetByteCount(name) > MaxBytes)
        {
            return $"object name is too long: {Encoding.UTF8.GetByteCount(name)} bytes of UTF-8, at most {MaxBytes} are allowed";
        }

        if (name.StartsWith("~/", StringComparison.Ordinal))
        {
            return $"invalid object name \"{name}\": must not begin with '~/'";
        }

        for (var i = 0; i < name.Length; i++)
        {
            var c = name[i];
            if (char.IsControl(c))
            {
                return $"invalid object name: control character U+{(int)c:X4} at position {i}";
            }

            if (char.IsSurrogate(c) && !(char.IsHighSurrogate(c) && i + 1 < name.Length && char.IsLowSurrogate(name[++i])))
            {
                return $"invalid object name: broken surrogate at position {i}";
            }
        }

        foreach (var component in name.Split('/'))
        {
            switch (component)
            {
                case "":
                    return $"invalid object name \"{name}\": must not begin or end with '/' or contain '//'";
                case "." or "..":
                    return $"invalid object name \"{name}\": must not contain the path component \"{component}\"";
            }
        }

        return null;
    }
}
