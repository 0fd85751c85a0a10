using System.Numerics;

namespace Starling.Simulation.Engine;

/// <summary>xoshiro256**, seeded through SplitMix64. One per purpose, so that removing a fault does not shift the others.</summary>
public sealed class SimRandom
{
    private ulong _a, _b, _c, _d;

    public SimRandom(ulong seed, ulong stream)
    {
        var state = unchecked((seed * 0x9E3779B97F4A7C15) ^ (stream * 0xD1B54A32D192ED03));
        _a = Split(ref state);
        _b = Split(ref state);
        _c = Split(ref state);
        _d = Split(ref state);
    }

    public ulong Next()
    {
        unchecked
        {
            var result = BitOperations.RotateLeft(_b * 5, 7) * 9;
            var t = _b << 17;
            _c ^= _a;
            _d ^= _b;
            _b ^= _c;
            _a ^= _d;
            _c ^= t;
            _d = BitOperations.RotateLeft(_d, 45);
            return result;
        }
    }

    /// <summary>Uniform in [0, bound); 0 when bound is 0.</summary>
    public int Below(int bound) => bound <= 0 ? 0 : (int)Math.BigMul(Next(), (ulong)bound, out _);

    /// <summary>Uniform in [low, high].</summary>
    public long Between(long low, long high) => high <= low ? low : low + (long)Math.BigMul(Next(), (ulong)(high - low + 1), out _);

    /// <summary>True with this chance in a million.</summary>
    public bool Chance(int perMillion) => perMillion > 0 && Below(1_000_000) < perMillion;

    public T Pick<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    public UInt128 Next128() => new(Next(), Next());

    private static ulong Split(ref ulong state)
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
}
