using System.Runtime.CompilerServices;
using System.Text.Json;
using Starling.Core.Config;
using Starling.Core.Errors;
using Starling.Protocol.State;
using BucketProps = Starling.Protocol.State.BucketProps;

namespace Starling.Target.Objects;

/// <summary>The settings of a bucket as object requests need them, parsed once per version of its property document.</summary>
public static class ParsedBucketSettings
{
    private static readonly ConditionalWeakTable<BucketProps, BucketSettings> Parsed = [];

    /// <summary>The settings of a bucket.</summary>
    /// <exception cref="StoreException">Corrupt: this build cannot read the bucket's properties; the message names the bucket and what is wrong.</exception>
    public static BucketSettings Settings(this BucketEntry bucket)
    {
        ArgumentNullException.ThrowIfNull(bucket);
        try
        {
            return Parsed.GetValue(bucket.Props, static props => BucketSettings.Parse(props.Json));
        }
        catch (Exception error) when (error is JsonException or FormatException)
        {
            throw new StoreException(new StoreError(ErrorCode.Corrupt, $"the properties of bucket \"{bucket.Name.Cname}\" cannot be read by this build: {error.Message}"), error);
        }
    }
}
