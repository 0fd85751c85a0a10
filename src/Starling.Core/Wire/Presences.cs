namespace Starling.Core.Wire;

/// <summary>What presence a query asks for.</summary>
public static class Presences
{
    /// <summary>Anywhere: in the cluster or remote.</summary>
    public const int Exists = 0;

    /// <summary>Anywhere; no properties in the answer.</summary>
    public const int ExistsNoProps = 1;

    /// <summary>In the cluster, where it belongs.</summary>
    public const int Present = 2;

    /// <summary>In the cluster; no properties in the answer.</summary>
    public const int PresentNoProps = 3;

    /// <summary>In the cluster, wherever.</summary>
    public const int PresentInCluster = 4;

    /// <summary>Remote, and not in the cluster.</summary>
    public const int ExistsOutside = 5;
}
