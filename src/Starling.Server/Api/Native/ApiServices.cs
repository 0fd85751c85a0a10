using Starling.Cluster.Views;
using Starling.Core.Errors;
using Starling.Gateway.Buckets;
using Starling.Gateway.Cluster;
using Starling.Gateway.Lifecycle;
using Starling.Gateway.Listing;
using Starling.Gateway.Routing;
using Starling.Server.Api.Native.Daemon;
using Starling.Server.Hosting;
using Starling.Server.Metrics;
using Starling.Target.Listing;
using Starling.Target.Neighbors;
using Starling.Target.Objects;
using Starling.Target.Rebalance;

namespace Starling.Server.Api.Native;

/// <summary>The services behind the handlers of one node.</summary>
internal sealed record ApiServices
{
    public required NodeRuntime Runtime { get; init; }

    public required ServerMetrics Metrics { get; init; }

    public required NodeConfig Config { get; init; }

    /// <summary>Null on targets.</summary>
    public GatewayServices? Gateway { get; init; }

    /// <summary>Null on gateways.</summary>
    public TargetServices? Target { get; init; }

    public Roles Role => Runtime.IsGateway ? Roles.Gateway : Roles.Target;

    /// <summary>As errors and logs name this node: <c>p[id]</c> or <c>t[id]</c>.</summary>
    public string DisplayName => Runtime.IsGateway ? $"p[{Runtime.Id}]" : $"t[{Runtime.Id}]";

    public ClusterSnapshot Snapshot => Runtime.View.Current;
}

/// <summary>Services of a gateway.</summary>
internal sealed record GatewayServices(
    ObjectGate Gate,
    TargetReachability Reachability,
    BucketService Buckets,
    ConfigService Config,
    LeadershipService Leadership,
    OperationService Operations,
    EndService End,
    RebalanceService Rebalances,
    ExplainService Explanations,
    ListMerge Lists,
    SummaryService Summaries,
    StreamForwarder Forwarder);

/// <summary>Services of a target.</summary>
internal sealed record TargetServices(
    TargetNode Node,
    ObjectReader Reader,
    ObjectWriter Writer,
    ObjectDeleter Deleter,
    BucketLister Lister,
    DiskWatch Disks,
    IRebalanceReport Rebalance,
    NeighborService Neighbors,
    ObjectExplainer Explainer);
