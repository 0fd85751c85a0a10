using Starling.Core.Names;

namespace Starling.Simulation.Store;

/// <summary>One name on one target: its record as written and as on the platter, and its lock.</summary>
public sealed class NameSlot(ObjectName name)
{
    public ObjectName Name => name;

    public string Uname => name.Uname;

    /// <summary>What the target sees.</summary>
    public StoredRecord? Current { get; set; }

    /// <summary>What a power cut leaves.</summary>
    public StoredRecord? Durable { get; set; }

    public bool IsDirty => !ReferenceEquals(Current, Durable);

    public int Readers { get; set; }

    public bool IsWritten { get; set; }

    /// <summary>First come, first served.</summary>
    public Queue<(Action Granted, bool Exclusive)> Queue { get; } = new();

    public void Forget()
    {
        Readers = 0;
        IsWritten = false;
        Queue.Clear();
    }
}
