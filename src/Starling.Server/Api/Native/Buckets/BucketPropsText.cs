using Starling.Protocol.State;

namespace Starling.Server.Api.Native.Buckets;

/// <summary>The properties of a bucket as clients read them.</summary>
internal static class BucketPropsText
{
    /// <summary>One line of JSON.</summary>
    public static string Of(BucketEntry bucket) => bucket.Props.Json;
}
