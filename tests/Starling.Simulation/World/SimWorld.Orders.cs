using Starling.Protocol.Node;

namespace Starling.Simulation.World;

/// <summary>What a process does because the committed state tells it to (rule A18).</summary>
public sealed partial class SimWorld
{
    /// <summary>A script keeps a process from erasing itself, as if it were slow.</summary>
    public Func<SimNode, bool>? HoldsErasing { get; set; }

    /// <summary>Whether an erased machine is put to use again with the directory of its earlier life; null: chance decides, otherwise it gets new disks.</summary>
    public bool? KeepsDirectory { get; set; }

    private void Obey(SimNode node, NodePublication view)
    {
        if (view.StopOrdered && node.ObeyedProcess != node.Process)
        {
            node.ObeyedProcess = node.Process;
            Coverage.Hit(Mark.StoppedByOrder);
            Stop(node);
            if (IsHealed)
            {
                // What it alone has cannot be read meanwhile: a machine that nobody switches on again for minutes leaves the clients nothing to do.
                Schedule(DiskRandom.Between(Second, 30 * Second), () => Start(node));
            }
        }

        if (view.MembershipEnded && (node.ErasedProcess != node.Process || Checks.Newest.Node(node.Id) is not null || node.Disk.Durable.LastIndex > 0))
        {
            throw new CheckFailedException("only who is removed leaves", $"{node} believes that its membership is over, and it is not, or its log is not given up");
        }

        if (view.EraseOrdered is not null && node.ErasedProcess != node.Process && HoldsErasing?.Invoke(node) != true)
        {
            node.ErasedProcess = node.Process;
            ScheduleLocal(node, DiskRandom.Between(10 * Millisecond, 3 * Second), () => Erase(node));
        }
    }

    private void Erase(SimNode node)
    {
        Coverage.Hit(Mark.ErasedByPermit);
        Note($"{node.Name,-4} ERASES ITSELF");
        if (node.Target is { } target)
        {
            var taken = Checks.OnDisksLost(node, target.Store.Wipe);
            if (taken > 0)
            {
                throw new CheckFailedException("erasing by permit takes nothing", $"{node} erases itself as it may, and {taken} names lose what was known of them");
            }
        }

        Give(node, new EraseFinished());
        LeaveWhenRemoved(node, node.Process);
    }

    // An erased process that knows that it is no member any more ends, and its machine is switched off; some time later it is put to use again, as a new one.
    private void LeaveWhenRemoved(SimNode node, int process) => Schedule(Second, () =>
    {
        if (node.Process != process || !node.IsUp)
        {
            return;
        }

        var view = node.View!;
        if (!view.MembershipEnded && view.State.Node(node.Id)?.Incarnation == view.Self.Incarnation)
        {
            LeaveWhenRemoved(node, process);
            return;
        }

        if (KeepsDirectory ?? DiskRandom.Chance(500_000))
        {
            PowerOff(node);
        }
        else
        {
            Destroy(node);
        }

        Schedule(DiskRandom.Between(Second, 30 * Second), () => Start(node));
    });

    /// <summary>A machine that is no member any more joins as a new one, with whatever lies on its disks.</summary>
    public void Reuse(SimNode node)
    {
        PowerOff(node);
        node.Disk.Wipe(directoryRemains: false);
        Start(node);
    }

    /// <summary>One disk of a machine breaks for good and its process with it; the machine starts again with an empty disk in its place.</summary>
    public int ReplaceMountpath(SimNode node, int number)
    {
        Kill(node);
        var lost = node.MountpathIds[number];
        Note($"{node.Name,-4} LOSES MOUNTPATH {lost}");
        var taken = Checks.OnMountpathLost(node, () => node.Target!.Store.WipeMountpath(lost));
        node.MountpathIds[number] = $"{node.Name}-{NextRequestId()}-m{number + 1}";
        Start(node);
        return taken;
    }

    /// <summary>The disks of a machine are destroyed, control log and objects, and replaced by new ones; the machine stays off.</summary>
    public int Destroy(SimNode node)
    {
        PowerOff(node);
        node.Disk.Wipe(directoryRemains: false);
        node.MountpathIds = [.. node.MountpathIds.Select((_, i) => $"{node.Name}-{NextRequestId()}-m{i + 1}")];
        return node.Target is { } target ? Checks.OnDisksLost(node, target.Store.Wipe) : 0;
    }
}
