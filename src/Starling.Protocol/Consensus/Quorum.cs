namespace Starling.Protocol.Consensus;

/// <summary>Majority arithmetic, apart from everything else.</summary>
internal static class Quorum
{
    /// <summary>Votes that make a majority of so many voters; of none: one, which nobody can give.</summary>
    public static int Majority(int voters) => (voters / 2) + 1;

    /// <summary>The greatest value that a majority has reached; sorts the values in place. No voters: <see cref="long.MinValue"/>.</summary>
    public static long ReachedByMajority(Span<long> values)
    {
        if (values.IsEmpty)
        {
            return long.MinValue;
        }

        values.Sort();
        return values[values.Length - Majority(values.Length)];
    }

    /// <summary>The largest odd number that is at most <paramref name="max"/> and at most <paramref name="eligible"/>; 0 when nobody is eligible (rule A1).</summary>
    public static int DesiredVoters(int eligible, int max)
    {
        var limit = Math.Min(eligible, max);
        return limit <= 0 ? 0 : limit - (1 - (limit % 2));
    }
}
