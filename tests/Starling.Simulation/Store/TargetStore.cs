using Starling.Core.Names;
using Starling.Simulation.Engine;
using Starling.Simulation.World;

namespace Starling.Simulation.Store;

/// <summary>
/// The records of one target in memory: what is written, what is flushed, name locks, and which writes are under way. Every change tells the checks.
/// </summary>
public sealed class TargetStore(SimWorld world, SimNode node)
{
    private readonly SortedDictionary<string, NameSlot> _slots = new(StringComparer.Ordinal);
    private readonly SortedDictionary<long, long> _inFlight = [];
    private long _nextToken;

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

    /// <summary>The first name after this one on a mountpath, in the order of a walk; null at the end.</summary>
    public NameSlot? After(string uname, int mountpath)
    {
        foreach (var slot in _slots.Values)
        {
            if (string.CompareOrdinal(slot.Uname, uname) > 0 && MountpathOf(slot) == mountpath)
            {
                return slot;
            }
        }

        return null;
    }

    public int MountpathOf(NameSlot slot) => (int)(slot.Name.Digest % (ulong)Math.Max(1, node.MountpathIds.Length));

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

    public void FlushMountpath(int mountpath)
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
        _inFlight.Clear();
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
                slot.Current = slot.Durable;
            }

            world.Checks.OnRecordChanged(node, slot);
        }
    }

    /// <summary>The disks are gone.</summary>
    public void Wipe()
    {
        _slots.Clear();
        _inFlight.Clear();
    }

    /// <summary>A write begins, under the epoch adopted now (rule B9): its mark is set before it reads the epoch.</summary>
    public long BeginWrite(long epoch)
    {
        _inFlight.Add(++_nextToken, epoch);
        return _nextToken;
    }

    public void EndWrite(long token) => _inFlight.Remove(token);

    /// <summary>Whether a write that began under an earlier epoch is not finished.</summary>
    public bool HasInFlightBelow(long epoch)
    {
        foreach (var begun in _inFlight.Values)
        {
            if (begun < epoch)
            {
                return true;
            }
        }

        return false;
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
