namespace Starling.Protocol.State;

/// <summary>The replicated configuration, as one document; fields that this build does not know survive.</summary>
/// <param name="Json">The document.</param>
public sealed record ClusterConfig(string Json)
{
    /// <summary>Before the cluster is formed, and after a reset.</summary>
    public static ClusterConfig Default { get; } = new("{}");
}

/// <summary>The properties of a bucket, as one document; fields that this build does not know survive.</summary>
/// <param name="Json">The document.</param>
public sealed record BucketProps(string Json);
