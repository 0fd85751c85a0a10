using System.Diagnostics.CodeAnalysis;

namespace Starling.Core.Names;

/// <summary>
/// The identity of a bucket as clients write it: provider, namespace and name. Only the parser makes one, so that a value of this type is a valid name.
/// The namespace is kept in its wire form: <c>@#</c> for the global one, else <c>@{uuid}#{name}</c>.
/// </summary>
public sealed record BucketName : IComparable<BucketName>
{
    /// <summary>The namespace of buckets that name none.</summary>
    public const string GlobalNamespace = "@#";

    private BucketName(string provider, string @namespace, string name)
    {
        Provider = provider;
        Namespace = @namespace;
        Name = name;
        UnamePrefix = $"{provider}/{@namespace}/{name}/";
    }

    /// <summary>Canonical provider: <c>ais</c>, <c>aws</c>, <c>gcp</c>, <c>azure</c> or <c>oci</c>.</summary>
    public string Provider { get; }

    /// <summary>Namespace in wire form, <c>@#</c> when global.</summary>
    public string Namespace { get; }

    /// <summary>The bucket's name proper: 1 to 64 characters.</summary>
    public string Name { get; }

    /// <summary><c>provider/namespace/name/</c>: the uname of an object is this followed by the object's name.</summary>
    public string UnamePrefix { get; }

    /// <summary>Canonical form for messages, for example <c>ais://bucket</c> or <c>ais://@uuid#ns/bucket</c>; clients parse it out of error texts.</summary>
    public string Cname => Namespace == GlobalNamespace
        ? $"{Scheme}://{Name}"
        : $"{Scheme}://{NamespaceCname}/{Name}";

    private string Scheme => Provider switch { "aws" => "s3", "gcp" => "gs", "azure" => "az", "oci" => "oc", _ => "ais" };

    private string NamespaceCname => Namespace.StartsWith("@#", StringComparison.Ordinal) ? Namespace[1..] : Namespace;

    /// <summary>Parses the three parts; provider aliases are accepted, an absent provider is <c>ais</c>, an absent namespace is the global one.</summary>
    /// <param name="provider">Provider or alias, may be null or empty.</param>
    /// <param name="namespace">Namespace in wire form, may be null or empty.</param>
    /// <param name="name">The bucket's name.</param>
    /// <param name="bucket">The result.</param>
    /// <param name="error">What is wrong, naming the field and the rule.</param>
    public static bool TryParse(string? provider, string? @namespace, string? name, [NotNullWhen(true)] out BucketName? bucket, [NotNullWhen(false)] out string? error)
    {
        bucket = null;
        var canonical = provider switch
        {
            null or "" or "ais" => "ais",
            "aws" or "s3" => "aws",
            "gcp" or "gs" => "gcp",
            "azure" or "az" => "azure",
            "oci" or "oc" => "oci",
            _ => null,
        };
        if (canonical is null)
        {
            error = $"invalid backend provider \"{provider}\"";
            return false;
        }

        if (!TryParseNamespace(@namespace, out var canonicalNamespace, out error))
        {
            return false;
        }

        error = NameError("bucket", name, 64);
        if (error is not null)
        {
            return false;
        }

        if (name![0] == '.' && name is not (".sys-inventory" or ".sys-shardidx"))
        {
            error = $"invalid bucket name \"{name}\": must not begin with '.'";
            return false;
        }

        bucket = new BucketName(canonical, canonicalNamespace, name);
        error = null;
        return true;
    }

    /// <summary>Parses the three parts.</summary>
    /// <exception cref="FormatException">A part breaks a rule; the message names the part and the rule.</exception>
    public static BucketName Parse(string? provider, string? @namespace, string? name) =>
        TryParse(provider, @namespace, name, out var bucket, out var error) ? bucket : throw new FormatException(error);

    /// <inheritdoc/>
    public int CompareTo(BucketName? other) => other is null ? 1 : string.CompareOrdinal(UnamePrefix, other.UnamePrefix);

    /// <inheritdoc/>
    public override string ToString() => Cname;

    /// <summary>Ordinal order of unames.</summary>
    public static bool operator <(BucketName left, BucketName right) => left is null ? right is not null : left.CompareTo(right) < 0;

    /// <summary>Ordinal order of unames.</summary>
    public static bool operator >(BucketName left, BucketName right) => left is not null && left.CompareTo(right) > 0;

    /// <summary>Ordinal order of unames.</summary>
    public static bool operator <=(BucketName left, BucketName right) => left is null || left.CompareTo(right) <= 0;

    /// <summary>Ordinal order of unames.</summary>
    public static bool operator >=(BucketName left, BucketName right) => left is null ? right is null : left.CompareTo(right) >= 0;

    private static bool TryParseNamespace(string? text, out string canonical, [NotNullWhen(false)] out string? error)
    {
        canonical = GlobalNamespace;
        error = null;
        if (string.IsNullOrEmpty(text))
        {
            return true;
        }

        var body = text[0] == '@' ? text[1..] : text;
        var hash = body.IndexOf('#', StringComparison.Ordinal);
        var uuid = hash < 0 ? body : body[..hash];
        var name = hash < 0 ? string.Empty : body[(hash + 1)..];
        error = (uuid.Length == 0 ? null : NameError("namespace uuid", uuid, 32)) ?? (name.Length == 0 ? null : NameError("namespace", name, 64));
        if (error is not null)
        {
            return false;
        }

        canonical = $"@{uuid}#{name}";
        return true;
    }

    private static string? NameError(string field, string? name, int maxLength)
    {
        if (string.IsNullOrEmpty(name))
        {
            return $"{field} name is empty";
        }

        if (name.Length > maxLength)
        {
            return $"invalid {field} name \"{name[..32]}...\": longer than {maxLength} characters";
        }

        foreach (var c in name)
        {
            if (!(char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
            {
                return $"invalid {field} name \"{name}\": only letters, digits, '-', '_' and '.' are allowed";
            }
        }

        return name.Contains("..", StringComparison.Ordinal) ? $"invalid {field} name \"{name}\": must not contain '..'" : null;
    }
}
