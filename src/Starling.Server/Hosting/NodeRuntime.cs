using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Starling.Cluster;
using Starling.Cluster.Clocks;
using Starling.Cluster.Peers;
using Starling.Cluster.Views;
using Starling.Core.Names;
using Starling.Protocol.Identity;
using Starling.Protocol.Node;
using Starling.Server.Api.Intra;
using Starling.Server.Options;
using Starling.Storage.Files;
using Starling.Storage.Mountpaths;

namespace Starling.Server.Hosting;

/// <summary>Which of a node's three networks a request came in on.</summary>
internal enum NodeNetwork
{
    Public,
    Control,
    Data,
}

/// <summary>What one node's services are made from: everything that hosting has started by the time the first request may come.</summary>
internal sealed record NodeRuntime
{
    public required NodeId Id { get; init; }

    public required bool IsGateway { get; init; }

    public required IClusterView View { get; init; }

    public required ICommandProposer Proposer { get; init; }

    /// <summary>Gives the core an input that nobody waits for; false when its queue is full and the input was dropped.</summary>
    public required Func<Input, bool> Post { get; init; }

    /// <summary>Asks the process to stop in order, and says why; <see cref="NodeHost.StopRequested"/> tells whoever runs it.</summary>
    public required Action<string> RequestStop { get; init; }

    /// <summary>Takes the order to end together with the whole cluster.</summary>
    public required ClusterEnd End { get; init; }

    public required IBootClock Clock { get; init; }

    public required PeerClient Peers { get; init; }

    public required IFileLayer Files { get; init; }

    /// <summary>Null on gateways.</summary>
    public MountpathSet? Mountpaths { get; init; }

    public required ILoggerFactory Loggers { get; init; }

    /// <summary>How long a disk that failed must do without failures before it counts as well again.</summary>
    public required TimeSpan DiskQuiet { get; init; }

    /// <summary>The node's data directory: identity, control log, logs, local configuration.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>The log that <c>what=log</c> serves.</summary>
    public required string LogFile { get; init; }

    /// <summary>What was refused on the networks between nodes.</summary>
    public required IntraCounters IntraCounters { get; init; }

    /// <summary>The node's options, as given.</summary>
    public required NodeOptions Options { get; init; }

    /// <summary>Where this node listens.</summary>
    public required NodeAddresses Addresses { get; init; }

    /// <summary>Start of the process on the clock that counts suspension.</summary>
    public required long StartedNs { get; init; }

    /// <summary>Cancelled when the process begins to stop: health then answers 503, so that balancers look elsewhere.</summary>
    public required CancellationToken Stopping { get; init; }
}

/// <summary>The HTTP interface of a node: gets every request that no endpoint between nodes took. Disposed when the node stops.</summary>
internal interface INodeApi : IAsyncDisposable
{
    Task HandleAsync(HttpContext context, NodeNetwork network);
}

/// <summary>Builds the HTTP interface; the composition root names one, tests may give another.</summary>
internal delegate Task<INodeApi> NodeApiFactory(NodeRuntime runtime, CancellationToken cancellationToken);
