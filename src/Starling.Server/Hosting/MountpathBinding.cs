using Microsoft.Extensions.Logging;
using Starling.Cluster.Views;
using Starling.Core.Errors;
using Starling.Storage.Mountpaths;

namespace Starling.Server.Hosting;

/// <summary>Marks the mountpaths with the cluster as soon as this target is a member of it: from then on they hold its objects and nobody else's.</summary>
internal sealed class MountpathBinding : IAsyncDisposable
{
    private readonly CancellationTokenSource ending = new();
    private readonly Task running;

    public MountpathBinding(IClusterView view, MountpathSet mountpaths, ILogger log) => running = RunAsync(view, mountpaths, log);

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        await running;
        ending.Dispose();
    }

    private async Task RunAsync(IClusterView view, MountpathSet mountpaths, ILogger log)
    {
        await Task.Yield();
        try
        {
            var snapshot = await view.WaitForAsync(now => now.IsReady, "membership of a cluster", Timeout.InfiniteTimeSpan, ending.Token);
            mountpaths.BindTo(snapshot.ClusterId);
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
        catch (StoreException error)
        {
            log.LogError(error, "the mountpaths cannot be marked with their cluster: they are not protected against being reused in another one until this target is restarted");
        }
    }
}
