namespace Starling.Target.Neighbors;

/// <summary>Paths of questions between targets, on the data listener, and the headers that go beside a body.</summary>
public static class NeighborPaths
{
    /// <summary>Questions for one name.</summary>
    public const string Look = "/intra/v1/look";

    /// <summary>Bytes of a record.</summary>
    public const string Content = "/intra/v1/content";

    /// <summary>Offers.</summary>
    public const string Push = "/intra/v1/push";

    /// <summary>Batches of leftovers.</summary>
    public const string Verify = "/intra/v1/verify";

    /// <summary>Puts that moved with their name.</summary>
    public const string Forward = "/intra/v1/forward";

    /// <summary>The message that goes beside a body, in base 64.</summary>
    public const string MessageHeader = "Starling-Message";
}
