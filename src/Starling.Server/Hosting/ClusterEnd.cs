using Microsoft.Extensions.Logging;
using Starling.Core.Errors;
using Starling.Core.Wire;
using Starling.Storage.Files;
using Starling.Storage.Mountpaths;
using Starling.Storage.Objects;

namespace Starling.Server.Hosting;

/// <summary>
/// How a node ends together with its cluster. The order to be decommissioned is written down before it is answered and carried out when nothing is served
/// any more, by this process or, had it died before, by the next one on the same directory: whoever was told that the node took it can rely on it.
/// </summary>
internal sealed class ClusterEnd(DataDirectory directory, Action<string> stop, ILogger log)
{
    private readonly Lock gate = new();
    private EndOrderWire? taken;
    private int decommissions;
    private bool isHalfDone;

    /// <summary>Takes an order; durable when it returns, if it is to be decommissioned. Repeating it changes nothing; a shutdown may become a decommissioning.</summary>
    /// <exception cref="StoreException">Conflict: this node is being decommissioned, and a shutdown would promise that it comes back. DiskFailure or OutOfSpace.</exception>
    public void Take(EndOrderWire order)
    {
        lock (gate)
        {
            RefuseLess(order);
            log.LogWarning("cluster {Cluster} ends: this node has the order {What}, given by {OrderedBy}", order.ClusterId, order.Words, order.OrderedBy);

            // What one of two operators wanted gone is gone.
            taken = order with { RemoveUserData = order.RemoveUserData || taken is { RemoveUserData: true } };
            if (order.Decommission)
            {
                directory.WriteEnd(taken);
            }
        }
    }

    /// <summary>
    /// This gateway hands out an order until what is returned is disposed. While it decommissions the cluster, a shutdown that another operator asks for
    /// elsewhere does not end it: it is needed again if somebody could not be told.
    /// </summary>
    /// <exception cref="StoreException">Conflict: as <see cref="Take"/>; nobody has been told then.</exception>
    public IDisposable HandOut(EndOrderWire order)
    {
        lock (gate)
        {
            RefuseLess(order);
            decommissions += order.Decommission ? 1 : 0;
            return new Handing(this, order);
        }
    }

    /// <summary>Members took the order to be decommissioned: from now on this gateway is not ended by a shutdown that is asked for elsewhere.</summary>
    public void HandedOut(EndOrderWire order)
    {
        lock (gate)
        {
            isHalfDone |= order.Decommission;
        }
    }

    /// <summary>Lets the process stop in order; to be called when the answer to the order has left.</summary>
    public void Begin(EndOrderWire order) => stop($"its cluster ends: {order.Words}, ordered by {order.OrderedBy}");

    /// <summary>
    /// Carries out an order that was written down; does nothing when there is none. Nothing else of this process uses the disks any more, or yet. Cut off
    /// anywhere, it is simply called again.
    /// </summary>
    /// <param name="directory">The node's directory, locked.</param>
    /// <param name="mountpaths">Opens or gives the mountpaths; null on gateways.</param>
    /// <param name="log">Hears what was done.</param>
    /// <exception cref="StoreException">A disk refused or is gone. The order stays written down.</exception>
    public static void Carry(DataDirectory directory, Func<MountpathSet?> mountpaths, ILogger log)
    {
        try
        {
            if (directory.ReadEnd() is not { } order)
            {
                return;
            }

            log.LogWarning("this node leaves cluster {Cluster}, {What}, as ordered by {OrderedBy}", order.ClusterId, order.Words, order.OrderedBy);
            if (mountpaths() is { } disks)
            {
                Clear(disks, order, log);
            }

            directory.Forget();
            log.LogWarning("this node belongs to no cluster any more");
        }
        catch (FileLayerException failure)
        {
            throw failure.ToStoreException();
        }
    }

    private void RefuseLess(EndOrderWire order)
    {
        if (!order.Decommission && (taken is { Decommission: true } || isHalfDone || decommissions > 0))
        {
            throw new StoreException(
                ErrorCode.Conflict,
                taken is { Decommission: true } ? $"this node is being decommissioned already, as ordered by {taken.OrderedBy}: it does not come back as a member" : "this gateway is decommissioning the cluster: repeat that at it until everybody is told, or stop its process by hand");
        }
    }

    private sealed class Handing(ClusterEnd end, EndOrderWire order) : IDisposable
    {
        public void Dispose()
        {
            lock (end.gate)
            {
                end.decommissions -= order.Decommission ? 1 : 0;
            }
        }
    }

    private static void Clear(MountpathSet disks, EndOrderWire order, ILogger log)
    {
        using var store = new ObjectStore(disks);
        if (order.RemoveUserData)
        {
            log.LogWarning("{Count} files of objects were erased", store.Erase(keepIdentity: false, progress: null, CancellationToken.None));
        }
        else
        {
            log.LogWarning("{Count} directories of buckets were set aside below .starling/quarantine of the mountpaths", store.Release().Count);
        }

        foreach (var lost in disks.Missing)
        {
            log.LogError("mountpath {Path} ({Id}) is missing and was not cleared: empty it before it is used again", lost.Path, lost.Id);
        }
    }
}
