using System.Globalization;
using Starling.Cluster.Peers;
using Starling.Core.Errors;
using Starling.Protocol.Identity;
using Starling.Protocol.Ownership;
using Starling.Protocol.State;

namespace Starling.Gateway.Buckets;

/// <summary>Asks every target over the data network; one that stays silent cannot hold a lease from before any more once the lapse has passed.</summary>
public sealed class PeerAppliedBarrier : IAppliedBarrier
{
    /// <summary>The path of the request between nodes.</summary>
    public const string Path = "/intra/v1/applied";

    private static readonly TimeSpan Lapse = TimeSpan.FromMilliseconds(Lease.LapseNs / 1_000_000);
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(500);

    private readonly PeerClient peers;
    private readonly TimeProvider time;

    /// <summary>Makes it.</summary>
    public PeerAppliedBarrier(PeerClient peers, TimeProvider time)
    {
        this.peers = peers;
        this.time = time;
    }

    /// <inheritdoc/>
    public Task WaitAsync(ClusterState state, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(state);

        // A process that stopped in order gave up its lease before that was recorded; the next one applies this state before it answers anybody.
        var targets = state.Nodes.Values.Where(node => node is { Role: NodeRole.Target, HoldsIntegers: true, StoppedInOrder: false, AttestedOff: false });
        return Task.WhenAll(targets.Select(target => WaitAsync(target, state.AppliedIndex, cancellationToken)));
    }

    private async Task WaitAsync(NodeEntry target, long index, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (time.GetElapsedTime(started) < Lapse)
        {
            try
            {
                using var answer = await peers.SendAsync(new PeerRequest
                {
                    Node = target.Id,
                    Network = PeerNetwork.Data,
                    Method = HttpMethod.Get,
                    PathAndQuery = string.Create(CultureInfo.InvariantCulture, $"{Path}?index={index}"),
                }, cancellationToken);
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (StoreException error) when (error.Error.Code is ErrorCode.Unreachable)
            {
                // Silent for now: asked again until its lease has lapsed.
            }
            catch (StoreException error) when (error.Error.Code is ErrorCode.NodeNotFound)
            {
                return;
            }

            await Task.Delay(Retry, time, cancellationToken);
        }
    }
}
