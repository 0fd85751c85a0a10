using Microsoft.Extensions.Logging;
using Starling.Cluster.Log;
using Starling.Core.Names;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Protocol.State.Commands;
using Starling.Storage.Files;
using Starling.Storage.Mountpaths;

namespace Starling.Server.Hosting;

/// <summary>What a node keeps on disks, opened in the order in which a first start may be cut off at any point and simply be repeated.</summary>
/// <param name="Log">The control log.</param>
/// <param name="Restored">What it held.</param>
/// <param name="Mountpaths">The mountpaths; null on gateways.</param>
internal sealed record NodeDisks(ControlLog Log, RestoredState Restored, MountpathSet? Mountpaths)
{
    /// <summary>Opens log and mountpaths and, on a first start, remembers the id last of all.</summary>
    /// <param name="files">The file layer.</param>
    /// <param name="directory">The node's directory, locked.</param>
    /// <param name="id">As <see cref="DataDirectory.TakeId"/> decided.</param>
    /// <param name="mountpaths">Null on gateways.</param>
    /// <param name="draw">Draws a new incarnation.</param>
    /// <param name="log">Hears what was found.</param>
    /// <exception cref="Core.Errors.StoreException">Something belongs to somebody else or is damaged; the message names the path and the remedy.</exception>
    public static NodeDisks Open(IFileLayer files, DataDirectory directory, NodeId id, MountpathOptions? mountpaths, Func<Incarnation> draw, ILogger log)
    {
        var isKnown = directory.ReadId() is not null;
        var controlLog = ControlLog.Open(files, directory.ControlLog, isKnown, draw, log, out var restored);
        MountpathSet? set = null;
        try
        {
            set = mountpaths is null ? null : MountpathSet.Open(files, mountpaths with { ClusterId = ClusterOf(restored) });
            if (!isKnown)
            {
                directory.WriteId(id);
            }

            return new NodeDisks(controlLog, restored, set);
        }
        catch
        {
            set?.Dispose();
            controlLog.Dispose();
            throw;
        }
    }

    private static string ClusterOf(RestoredState restored) => restored.Snapshot.State.ClusterId is { Length: > 0 } known
        ? known
        : restored.Entries.Select(entry => entry.Command).OfType<FormCluster>().FirstOrDefault()?.ClusterId ?? string.Empty;
}
