using System.Numerics;

namespace Starling.Simulation.Engine;

/// <summary>Order-sensitive digest of everything that happened: two runs of a seed must end with the same value.</summary>
public sealed class TraceHash
{
    private ulong _value = 0x243F6A8885A308D3;

    public ulong Value => _value;

    public void Add(long item) => _value = unchecked((BitOperations.RotateLeft(_value, 23) ^ (ulong)item) * 0x9E3779B97F4A7C15);

    public void Add(long first, long second, long third)
    {
        Add(first);
        Add(second);
        Add(third);
    }
}
