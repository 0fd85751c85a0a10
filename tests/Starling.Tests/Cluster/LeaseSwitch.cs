using Starling.Cluster.Clocks;
using Starling.Cluster.Views;
using Starling.Protocol.Ownership;
using Starling.Server.Api.Native;
using Starling.Server.Hosting;

namespace Starling.Tests.Cluster;

/// <summary>
/// The view of a node whose services have a lease exactly while the test says so. The real one lapses whenever the machine does not let the
/// control loop run for a second, which on a busy test machine says nothing about the services.
/// </summary>
internal sealed class LeaseSwitch(IClusterView inner) : IClusterView
{
    private static readonly LeaseView Held = new(new Lease(1, long.MaxValue, 0, 0), 0, new LoopPulse { LastTickNs = long.MaxValue }, new AgreeingClock());

    private volatile bool isWithheld;

    public bool IsWithheld
    {
        get => isWithheld;
        set => isWithheld = value;
    }

    /// <summary>The native interface, on a view that never loses its lease.</summary>
    public static Task<INodeApi> HeldAsync(NodeRuntime runtime, CancellationToken cancellationToken) =>
        NativeNodeApi.CreateAsync(runtime with { View = new LeaseSwitch(runtime.View) }, cancellationToken);

    public ClusterSnapshot Current => Seen(inner.Current);

    public async Task<ClusterSnapshot> WaitForAsync(Func<ClusterSnapshot, bool> predicate, string what, TimeSpan timeout, CancellationToken cancellationToken) =>
        Seen(await inner.WaitForAsync(now => predicate(Seen(now)), what, timeout, cancellationToken));

    private ClusterSnapshot Seen(ClusterSnapshot snapshot) => snapshot with { Lease = isWithheld ? LeaseView.None : Held };

    /// <summary>A wall clock that is never set.</summary>
    private sealed class AgreeingClock : IBootClock
    {
        private readonly BootClock boot = new();

        public long NowNs => boot.NowNs;

        public long WallNs => boot.NowNs;
    }
}
