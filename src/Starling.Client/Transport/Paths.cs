using System.Text;
using Starling.Core.Names;

namespace Starling.Client.Transport;

/// <summary>Builds request paths and queries with the escaping that the server undoes exactly once.</summary>
internal static class Paths
{
    public static string Object(BucketName bucket, string name, params ReadOnlySpan<(string Key, string? Value)> query)
    {
        var path = new StringBuilder("/v1/objects/").Append(Uri.EscapeDataString(bucket.Name));
        foreach (var segment in name.Split('/'))
        {
            path.Append('/').Append(Uri.EscapeDataString(segment));
        }

        return Append(path, bucket, query);
    }

    public static string Bucket(BucketName bucket, params ReadOnlySpan<(string Key, string? Value)> query) =>
        Append(new StringBuilder("/v1/buckets/").Append(Uri.EscapeDataString(bucket.Name)), bucket, query);

    public static string Plain(string path, params ReadOnlySpan<(string Key, string? Value)> query) => Append(new StringBuilder(path), null, query);

    private static string Append(StringBuilder path, BucketName? bucket, ReadOnlySpan<(string Key, string? Value)> query)
    {
        var separator = '?';
        if (bucket is not null)
        {
            Add("provider", bucket.Provider);
            if (bucket.Namespace != BucketName.GlobalNamespace)
            {
                Add("namespace", bucket.Namespace);
            }
        }

        foreach (var (key, value) in query)
        {
            if (value is not null)
            {
                Add(key, value);
            }
        }

        return path.ToString();

        void Add(string key, string value)
        {
            path.Append(separator).Append(Uri.EscapeDataString(key)).Append('=').Append(Uri.EscapeDataString(value));
            separator = '&';
        }
    }
}
