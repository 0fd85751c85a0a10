using Starling.Core.Config;

namespace Starling.Protocol.State;

/// <summary>The replicated configuration, as one document; fields that this build does not know survive.</summary>
/// <param name="Json">The document.</param>
public sealed record ClusterConfig(string Json)
{
    /// <summary>The defaults of this build, every section filled in.</summary>
    public static ClusterConfig Default { get; } = new(ConfigDocument.Default);
}

/// <summary>The properties of a bucket, as one document; fields that this build does not know survive.</summary>
/// <param name="Json">The document.</param>
public sealed record BucketProps(string Json);
