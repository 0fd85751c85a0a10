using Starling.Core.Names;
using Starling.Protocol.Rebalance;
using Starling.Simulation.Engine;
using Starling.Simulation.World;

namespace Starling.Simulation.Store;

/// <summary>
/// The records of one target in memory: what is written, what is flushed, name locks, and which writes are under way. Every change tells the checks.
/// </summary>
public sealed class TargetStore(SimWorld world, SimNode node)
{
    private readonly SortedDictionary<string, NameSlot> _slots = new(StringComparer.Ordinal);

    /// <summary>Which writes are under way.</summary>
    public InFlight InFlight { get; private set; } = new();

    /// <summary>The progress of a pass as it is on the platter.</summary>
    public PassProgress? Progress { get; set; }

    /// <summary>What lay here since before this log index was put aside.</summary>
    public long QuarantinedThrough { get; private set; }

    public IEnumerable<NameSlot> Slots => _slots.Values;

    public NameSlot? Find(string uname) => _slots.GetValueOrDefault(uname);

    public NameSlot Slot(ObjectName name)
    {
        if (!_slots.TryGetValue(name.Uname, out var slot))
        {
            _slots[name.Uname] = slot = new NameSlot(name);
        }

        return slot;
    }

    /// <summary>The names after this one on a mountpath, in the order of a walk.</summary>
    public IEnumerable<NameSlot> After(string uname, string mountpath) =>
        _slots.Values.Where(s => string.CompareOrdinal(s.Uname, uname) > 0 && MountpathOf(s) == mountpath);

    public string MountpathOf(NameSlot slot) => node.MountpathIds[(int)(slot.Name.Digest % (ulong)node.MountpathIds.Length)];

    /// <summary>This machine's disks are a copy of another one's.</summary>
    public void CopyFrom(TargetStore other)
    {
        foreach (var slot in other.Slots)
        {
            var copy = Slot(slot.Name);
            copy.Current = copy.Durable = slot.Durable;
        }
    }

    /// <summary>A record is written; <paramref name="flushed"/>: and on the platter.</summary>
    public void Write(NameSlot slot, StoredRecord? record, bool flushed)
    {
        slot.Current = record;
        if (flushed)
        {
            slot.Durable = record;
        }

        world.Checks.OnRecordChanged(node, slot);
    }

    public void Flush(NameSlot slot)
    {
        if (slot.IsDirty)
        {
            slot.Durable = slot.Current;
            world.Checks.OnRecordChanged(node, slot);
        }
    }

    public void FlushMountpath(string mountpath)
    {
        foreach (var slot in _slots.Values)
        {
            if (MountpathOf(slot) == mountpath)
            {
                Flush(slot);
            }
        }
    }

    /// <summary>The process or the machine dies: locks are gone, and with the power whatever the platter had not taken.</summary>
    public void Crash(SimRandom random, bool power)
    {
        InFlight = new InFlight();
        foreach (var slot in _slots.Values)
        {
            slot.Forget();
            if (!power || !slot.IsDirty)
            {
                continue;
            }

            if (random.Chance(400_000))
            {
                slot.Durable = slot.Current;
            }
            else
            {
                world.Coverage.Hit(Mark.WriteLostByPower);
                slot.Current = slot.Durable;
            }

            world.Checks.OnRecordChanged(node, slot);
        }
    }

    /// <summary>Everything that lies here is put aside.</summary>
    public void Quarantine(long before)
    {
        QuarantinedThrough = before;
        foreach (var slot in _slots.Values)
        {
            slot.Current = slot.Durable = null;
        }

        Progress = null;
    }

    /// <summary>The disks are gone.</summary>
    public void Wipe()
    {
        Empty(_ => true);

        QuarantinedThrough = 0;
        Progress = null;
    }

    /// <summary>One disk is gone, with whatever lay on it.</summary>
    public void WipeMountpath(string mountpath)
    {
        Empty(slot => MountpathOf(slot) == mountpath);
        Progress = null;
    }

    private void Empty(Func<NameSlot, bool> which)
    {
        foreach (var slot in _slots.Values.Where(which))
        {
            slot.Current = slot.Durable = null;
        }
    }

    /// <summary>Name locks: shared for looks, exclusive from the check to the flush; first come, first served. Whoever is granted must release.</summary>
    public void Lock(NameSlot slot, bool exclusive, Action granted)
    {
        slot.Queue.Enqueue((granted, exclusive));
        Wake(slot);
    }

    public void ReleaseShared(NameSlot slot)
    {
        slot.Readers--;
        Wake(slot);
    }

    public void ReleaseExclusive(NameSlot slot)
    {
        slot.IsWritten = false;
        Wake(slot);
    }

    private void Wake(NameSlot slot)
    {
        while (slot.Queue.Count > 0 && !slot.IsWritten)
        {
            var (granted, exclusive) = slot.Queue.Peek();
            if (exclusive && slot.Readers > 0)
            {
                return;
            }

            slot.Queue.Dequeue();
            if (exclusive)
            {
                slot.IsWritten = true;
            }
            else
            {
                slot.Readers++;
            }

            world.ScheduleLocal(node, world.DiskRandom.Between(20_000, 300_000), granted);
        }
    }
}
