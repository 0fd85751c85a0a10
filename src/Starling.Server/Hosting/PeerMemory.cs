using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Starling.Cluster.Views;
using Starling.Core.Errors;
using Starling.Storage.Files;

namespace Starling.Server.Hosting;

/// <summary>Writes down where members were seen whenever that changes: places to ask after a restart, and the proof that this node once had a cluster.</summary>
internal sealed class PeerMemory : IAsyncDisposable
{
    private readonly IClusterView view;
    private readonly DataDirectory directory;
    private readonly ILogger log;
    private readonly CancellationTokenSource ending = new();
    private readonly Task running;

    public PeerMemory(IClusterView view, DataDirectory directory, ILogger log)
    {
        this.view = view;
        this.directory = directory;
        this.log = log;
        running = RunAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await running;
        ending.Dispose();
    }

    private async Task RunAsync()
    {
        await Task.Yield();
        try
        {
            var written = directory.ReadPeers();
            while (true)
            {
                var known = written;
                var snapshot = await view.WaitForAsync(
                    now => now.ClusterId.Length > 0 && Addresses(now) is { Length: > 0 } seen && !seen.SequenceEqual(known), "members at new addresses", Timeout.InfiniteTimeSpan, ending.Token);
                written = Addresses(snapshot);
                directory.WritePeers(written);
            }
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
        catch (Exception error) when (error is FileLayerException or StoreException)
        {
            log.LogError(error, "addresses of members cannot be remembered: after a restart this node has --join alone to ask");
        }
    }

    private static ImmutableArray<string> Addresses(ClusterSnapshot snapshot) =>
        [.. snapshot.State.Nodes.Values.Where(node => node.Id != snapshot.Self.Id).Select(node => node.Addresses.Control).Take(64)];
}
