namespace Starling.Protocol.Node;

/// <summary>The node's only source of randomness (SplitMix64): the same seed gives the same node.</summary>
internal sealed class SeededRandom(ulong seed)
{
    private ulong state = seed;

    public ulong Next()
    {
        unchecked
        {
            state += 0x9E3779B97F4A7C15;
            var z = state;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }

    /// <summary>From 0 to <paramref name="max"/>, both included.</summary>
    public long Next(long max) => max <= 0 ? 0 : (long)(Next() % ((ulong)max + 1));

    /// <summary>Where a process begins to number its questions, so that a late answer to the process before it means nothing to this one.</summary>
    public long FirstNumber() => (long)(Next() >> 2);

    public UInt128 NextWide() => new(Next(), Next());
}
