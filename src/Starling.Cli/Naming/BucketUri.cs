using Starling.Core.Names;

namespace Starling.Cli.Naming;

/// <summary>A bucket, and what follows it: an object's name, a prefix, or nothing.</summary>
internal sealed record BucketUri(BucketName Bucket, string Rest)
{
    /// <summary>As typed again: <c>ais://bucket/rest</c>.</summary>
    public override string ToString() => Rest.Length == 0 ? Bucket.Cname : $"{Bucket.Cname}/{Rest}";

    /// <summary>Parses <c>provider://[@uuid][#namespace/]bucket[/rest]</c>.</summary>
    public static BucketUri Parse(string text)
    {
        var separator = text.IndexOf("://", StringComparison.Ordinal);
        if (separator < 0)
        {
            throw new UsageException(Suggestion(text) is { } meant
                ? $"invalid bucket \"{text}\" (did you mean \"{meant}\"?)"
                : $"invalid bucket \"{text}\": expecting provider://bucket, for example ais://{(text.Length == 0 ? "demo" : text)}");
        }

        var provider = text[..separator];
        var rest = text[(separator + 3)..];
        string? scope = null;
        if (rest.StartsWith('@') || rest.StartsWith('#'))
        {
            var slash = rest.IndexOf('/', StringComparison.Ordinal);
            if (slash < 0)
            {
                throw new UsageException($"invalid bucket \"{text}\": the bucket's name is missing after the namespace");
            }

            scope = rest[0] == '#' ? "@" + rest[..slash] : rest[..slash];
            rest = rest[(slash + 1)..];
        }

        var end = rest.IndexOf('/', StringComparison.Ordinal);
        var name = end < 0 ? rest : rest[..end];
        if (provider.Length == 0)
        {
            throw new UsageException($"invalid bucket \"{text}\": the provider is missing, for example ais://{name}");
        }

        return BucketName.TryParse(provider, scope, name, out var bucket, out var error)
            ? new BucketUri(bucket, end < 0 ? string.Empty : rest[(end + 1)..])
            : throw new UsageException(error);
    }

    /// <summary>Parses a bucket that nothing may follow, except a slash.</summary>
    public static BucketName ParseBucket(string text)
    {
        var uri = Parse(text);
        return uri.Rest.Length == 0 ? uri.Bucket : throw new UsageException($"expecting a bucket, got an object: \"{text}\" (did you mean \"{uri.Bucket.Cname}\"?)");
    }

    /// <summary>Parses a bucket that an object's name must follow.</summary>
    public static BucketUri ParseObject(string text)
    {
        var uri = Parse(text);
        return uri.Rest.Length > 0 ? uri : throw new UsageException($"missing object name in \"{text}\": expecting BUCKET/OBJECT, for example {uri.Bucket.Cname}/name");
    }

    /// <summary>The provider of a query such as <c>ais</c>, <c>ais:</c>, <c>s3://</c>; null when the text names a bucket.</summary>
    public static string? QueriedProvider(string text)
    {
        var provider = text.EndsWith("://", StringComparison.Ordinal) ? text[..^3] : text.TrimEnd(':');
        return provider is "ais" or "aws" or "s3" or "gcp" or "gs" or "azure" or "az" or "oci" or "oc" ? provider : null;
    }

    private static string? Suggestion(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && QueriedProvider(text[..colon]) is { } provider ? $"{provider}://{text[(colon + 1)..].TrimStart('/')}" : null;
    }
}
