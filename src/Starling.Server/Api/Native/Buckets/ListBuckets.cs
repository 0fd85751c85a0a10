using System.Text.Json;
using Starling.Core.Names;
using Starling.Server.Api.Native.Objects;

namespace Starling.Server.Api.Native.Buckets;

/// <summary>Action <c>list</c> without a bucket in the path: a JSON array of buckets, sorted.</summary>
internal static class ListBuckets
{
    public static Task HandleAsync(ApiCall call, ActionMessage message)
    {
        var provider = ProviderOf(call);
        var space = call.Query.Get("namespace");
        var buckets = call.Services.Gateway!.Buckets.List(provider, message.Name)
            .Where(bucket => string.IsNullOrEmpty(space) || bucket.Name.Namespace == space)
            .Where(bucket => !bucket.Name.Name.StartsWith('.') || call.Query.Flag("sys"));
        return call.JsonAsync(JsonText.Write(json =>
        {
            json.WriteStartArray();
            foreach (var bucket in buckets)
            {
                json.WriteStartObject();
                WriteIdentity(json, bucket.Name);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }));
    }

    /// <summary>The three members that identify a bucket.</summary>
    public static void WriteIdentity(Utf8JsonWriter json, BucketName bucket)
    {
        var (uuid, name) = ObjectHeaders.SplitNamespace(bucket.Namespace);
        json.WriteString("name", bucket.Name);
        json.WriteString("provider", bucket.Provider);
        json.WriteStartObject("namespace");
        json.WriteString("uuid", uuid);
        json.WriteString("name", name);
        json.WriteEndObject();
    }

    /// <summary>The provider of a query; empty for all.</summary>
    public static string ProviderOf(ApiCall call)
    {
        var text = call.Query.Get("provider");
        if (string.IsNullOrEmpty(text))
        {
            return string.Empty;
        }

        return BucketName.TryParse(text, null, "any", out var any, out var error)
            ? any.Provider
            : throw new ApiException(400, error, "ErrInvalidBackendProvider");
    }
}
