using Starling.Core.Wire;

namespace Starling.Protocol.State.Views;

/// <summary>The projections of one state that clients know, each computed when first asked for. Answers are shared: never change them.</summary>
public sealed class ClusterViews
{
    private SmapWire? smap;
    private BmdWire? bmd;
    private RmdWire? rmd;
    private string? configJson;

    internal ClusterViews(ClusterState state)
    {
        State = state;
    }

    /// <summary>The state that they are computed from.</summary>
    public ClusterState State { get; }

    /// <summary>The map of members. Without a gateway that leads its primary is null: changes of metadata are answered 503 (rule A4).</summary>
    public SmapWire Smap => smap ??= SmapView.Of(State);

    /// <summary>The buckets and their properties.</summary>
    public BmdWire Bmd => bmd ??= BmdView.Of(State);

    /// <summary>The newest placement epoch, as a rebalance.</summary>
    public RmdWire Rmd => rmd ??= RmdView.Of(State);

    /// <summary>The configuration with what the cluster adds to it, as JSON.</summary>
    public string ConfigJson => configJson ??= ConfView.Of(State);
}
