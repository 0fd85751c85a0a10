using System.Numerics;

namespace Starling.Loader.Report;

/// <summary>Latencies in logarithmic buckets with 64 linear steps each: at most 1.6 % off, constant memory, no allocation per value.</summary>
internal sealed class LatencyHistogram
{
    private const int StepBits = 6;
    private const int Steps = 1 << StepBits;
    private readonly long[] counts = new long[(64 - StepBits) * Steps];

    public long Count { get; private set; }

    public long SumNs { get; private set; }

    public long MinNs { get; private set; } = long.MaxValue;

    public long MaxNs { get; private set; }

    public long MeanNs => Count == 0 ? 0 : SumNs / Count;

    public void Add(long nanoseconds)
    {
        counts[Bucket(nanoseconds)]++;
        Count++;
        SumNs += nanoseconds;
        MinNs = Math.Min(MinNs, nanoseconds);
        MaxNs = Math.Max(MaxNs, nanoseconds);
    }

    public void Add(LatencyHistogram other)
    {
        for (var i = 0; i < counts.Length; i++)
        {
            counts[i] += other.counts[i];
        }

        Count += other.Count;
        SumNs += other.SumNs;
        MinNs = Math.Min(MinNs, other.MinNs);
        MaxNs = Math.Max(MaxNs, other.MaxNs);
    }

    public void Clear()
    {
        Array.Clear(counts);
        Count = SumNs = MaxNs = 0;
        MinNs = long.MaxValue;
    }

    /// <summary>The value below which this share of the latencies lies, in nanoseconds; 0 when there are none.</summary>
    public long Percentile(double percent)
    {
        var rank = (long)Math.Ceiling(Count * percent / 100);
        long seen = 0;
        for (var i = 0; i < counts.Length; i++)
        {
            seen += counts[i];
            if (seen >= rank && seen > 0)
            {
                return Math.Clamp(UpperBound(i), MinNs, MaxNs);
            }
        }

        return 0;
    }

    private static int Bucket(long value)
    {
        var v = (ulong)Math.Max(value, 0);
        if (v < Steps)
        {
            return (int)v;
        }

        var shift = BitOperations.Log2(v) - StepBits;
        return ((shift + 1) << StepBits) + (int)((v >> shift) - Steps);
    }

    private static long UpperBound(int bucket)
    {
        var shift = (bucket >> StepBits) - 1;
        return shift < 0 ? bucket : (((long)(bucket & (Steps - 1)) + Steps + 1) << shift) - 1;
    }
}
