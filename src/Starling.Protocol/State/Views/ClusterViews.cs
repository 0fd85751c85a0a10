namespace Starling.Protocol.State.Views;

/// <summary>The projections of one state that clients know, each computed when first asked for.</summary>
public sealed class ClusterViews
{
    internal ClusterViews(ClusterState state)
    {
        State = state;
    }

    /// <summary>The state that they are computed from.</summary>
    public ClusterState State { get; }
}
