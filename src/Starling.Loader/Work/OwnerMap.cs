using Starling.Client;
using Starling.Client.Cluster;
using Starling.Core.Names;
using Starling.Core.Placement;

namespace Starling.Loader.Work;

/// <summary>The owner of a name, computed from the cluster map as the cluster itself does. The map is read again when a request shows that it is old.</summary>
internal sealed class OwnerMap
{
    private readonly StarlingClient client;
    private volatile Snapshot snapshot;

    private OwnerMap(StarlingClient client, ClusterMap map)
    {
        this.client = client;
        snapshot = new Snapshot(map);
    }

    public static async Task<OwnerMap> LoadAsync(StarlingClient client, CancellationToken cancellation) => new(client, await client.Cluster.GetMapAsync(cancellation));

    public Uri Owner(BucketName bucket, string name)
    {
        var current = snapshot;
        var owner = Rendezvous.Owner(current.Candidates, ObjectName.Parse(bucket, name).Digest);
        return owner < 0 ? client.Endpoint : current.Urls[owner];
    }

    /// <summary>A gateway's id, for requests that have to look redirected.</summary>
    public string GatewayId => snapshot.GatewayId;

    public async Task RefreshAsync(CancellationToken cancellation) => snapshot = new Snapshot(await client.Cluster.GetMapAsync(cancellation));

    private sealed class Snapshot
    {
        public Snapshot(ClusterMap map)
        {
            var targets = map.Targets.Where(target => !target.IsInactive).ToArray();
            Candidates = [.. targets.Select(target => new Candidate(target.IdDigest))];
            Urls = [.. targets.Select(target => new Uri(target.PublicUrl))];
            GatewayId = map.PrimaryId;
        }

        public Candidate[] Candidates { get; }

        public Uri[] Urls { get; }

        public string GatewayId { get; }
    }
}
