namespace Starling.Simulation.Engine;

/// <summary>What the world does next.</summary>
public enum EventKind
{
    Tick,
    Deliver,
    SendFailed,
    Flushed,
    DataProbed,

    /// <summary>Work inside a process: an <see cref="Action"/> that is lost when the process dies and waits while it is paused.</summary>
    Local,

    /// <summary>Anything of the world outside of processes: clients, faults, scripts.</summary>
    World,
}

/// <summary>One thing that will happen. <paramref name="Process"/> is the number of the process it belongs to: an event of a dead process is dropped.</summary>
public readonly record struct SimEvent(EventKind Kind, int Node, int Process, object? Payload, long Number);

/// <summary>Events ordered by (virtual time, order of scheduling): the only scheduler there is.</summary>
public sealed class EventQueue
{
    private Entry[] _heap = new Entry[256];
    private SimEvent[] _slots = new SimEvent[256];
    private int[] _free = new int[256];
    private int _freeCount;
    private int _slotCount;
    private long _sequence;

    public int Count { get; private set; }

    public long NextNs => Count == 0 ? long.MaxValue : _heap[0].AtNs;

    public void Add(long atNs, in SimEvent item)
    {
        var slot = TakeSlot();
        _slots[slot] = item;
        if (Count == _heap.Length)
        {
            Array.Resize(ref _heap, Count * 2);
        }

        var entry = new Entry(atNs, _sequence++, slot);
        var i = Count++;
        while (i > 0)
        {
            var parent = (i - 1) >> 2;
            if (!entry.Before(_heap[parent]))
            {
                break;
            }

            _heap[i] = _heap[parent];
            i = parent;
        }

        _heap[i] = entry;
    }

    public SimEvent Take(out long atNs)
    {
        var top = _heap[0];
        atNs = top.AtNs;
        var result = _slots[top.Slot];
        _slots[top.Slot] = default;
        _free[_freeCount++] = top.Slot;
        var last = _heap[--Count];
        if (Count > 0)
        {
            SiftDown(last);
        }

        return result;
    }

    private void SiftDown(Entry entry)
    {
        var i = 0;
        while (true)
        {
            var child = (i << 2) + 1;
            if (child >= Count)
            {
                break;
            }

            var best = child;
            var end = Math.Min(child + 4, Count);
            for (var k = child + 1; k < end; k++)
            {
                if (_heap[k].Before(_heap[best]))
                {
                    best = k;
                }
            }

            if (!_heap[best].Before(entry))
            {
                break;
            }

            _heap[i] = _heap[best];
            i = best;
        }

        _heap[i] = entry;
    }

    private int TakeSlot()
    {
        if (_freeCount > 0)
        {
            return _free[--_freeCount];
        }

        if (_slotCount == _slots.Length)
        {
            Array.Resize(ref _slots, _slotCount * 2);
            Array.Resize(ref _free, _slotCount * 2);
        }

        return _slotCount++;
    }

    private readonly record struct Entry(long AtNs, long Sequence, int Slot)
    {
        public bool Before(in Entry other) => AtNs < other.AtNs || (AtNs == other.AtNs && Sequence < other.Sequence);
    }
}
