using Starling.Client.Buckets;
using Starling.Client.Cluster;
using Starling.Client.Jobs;
using Starling.Client.Objects;
using Starling.Client.Transport;

namespace Starling.Client;

/// <summary>
/// The native API from a client's side. One instance per cluster, shared by all threads: it keeps connections, remembers which gateway answers,
/// follows redirects to targets, and turns error answers into <see cref="ApiException"/>.
/// </summary>
public sealed class StarlingClient : IDisposable
{
    private readonly HttpTransport transport;

    /// <summary>Creates a client; nothing is sent until the first call.</summary>
    public StarlingClient(StarlingClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Endpoints.Count == 0)
        {
            throw new ArgumentException("no endpoint given: at least one gateway's URL is needed", nameof(options));
        }

        Options = options;
        transport = new HttpTransport(options);
        Objects = new ObjectApi(transport, options);
        Buckets = new BucketApi(transport, options);
        Cluster = new ClusterApi(transport, options);
        Jobs = new JobApi(transport, options);
        Lifecycle = new LifecycleApi(transport, options);
    }

    /// <summary>What the client was made with.</summary>
    public StarlingClientOptions Options { get; }

    /// <summary>The gateway in use.</summary>
    public Uri Endpoint => transport.Endpoint;

    /// <summary>Calls on objects.</summary>
    public ObjectApi Objects { get; }

    /// <summary>Calls on buckets, and listings.</summary>
    public BucketApi Buckets { get; }

    /// <summary>Calls on the cluster and its nodes.</summary>
    public ClusterApi Cluster { get; }

    /// <summary>Calls on jobs.</summary>
    public JobApi Jobs { get; }

    /// <summary>Taking nodes out and bringing them back, and what there is to see of it.</summary>
    public LifecycleApi Lifecycle { get; }

    /// <inheritdoc/>
    public void Dispose() => transport.Dispose();
}
