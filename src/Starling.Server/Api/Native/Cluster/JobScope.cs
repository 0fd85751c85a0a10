namespace Starling.Server.Api.Native.Cluster;

/// <summary>Which objects a job concerns.</summary>
/// <param name="Cname">For people: <c>ais://bucket/prefix</c>; empty: everything.</param>
/// <param name="UnamePrefix">What their full names begin with; empty: everything.</param>
internal sealed record JobScope(string Cname, string UnamePrefix)
{
    public static JobScope Everything { get; } = new(string.Empty, string.Empty);

    public bool IsEverything => UnamePrefix.Length == 0;
}
