namespace Starling.Core.Objects;

/// <summary>What an acknowledged write survives.</summary>
public enum Durability
{
    /// <summary>File and directory are flushed on every copy before the answer: survives a power cut. The default.</summary>
    Durable,

    /// <summary>Flushed on this target; further copies may follow later.</summary>
    DurableLocal,

    /// <summary>Not flushed: survives a crash of the process, not of the machine.</summary>
    Buffered,
}
