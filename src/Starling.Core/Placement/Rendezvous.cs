using System.Numerics;

namespace Starling.Core.Placement;

/// <summary>One member of a rendezvous: a target, a gateway or a mountpath, known by the digest of its name.</summary>
/// <param name="Digest">Placement digest of the node id or of the cleaned absolute mountpath path.</param>
/// <param name="Weight">Relative share of names; 1 for everybody until weights are offered.</param>
public readonly record struct Candidate(ulong Digest, int Weight = 1);

/// <summary>
/// Rendezvous (highest random weight) placement. The owner of a name is the candidate with the greatest score; there is no directory.
/// </summary>
/// <remarks>
/// The mixing function is two SplitMix64 steps and the xoshiro256** output scrambler, as clients that compute owners themselves expect.
/// On equal scores the later candidate wins.
/// </remarks>
public static class Rendezvous
{
    /// <summary>Mixes a 64-bit value; the score of a candidate is <c>Mix(candidate.Digest ^ digest)</c>.</summary>
    public static ulong Mix(ulong seed)
    {
        unchecked
        {
            var z = seed + 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            z = (z ^ (z >> 31)) + 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            z = (z ^ (z >> 31)) * 5;
            return BitOperations.RotateLeft(z, 7) * 9;
        }
    }

    /// <summary>The score of one candidate for a name digest.</summary>
    public static ulong Score(in Candidate candidate, ulong nameDigest) => Mix(candidate.Digest ^ nameDigest);

    /// <summary>Index of the owner among <paramref name="candidates"/>, or -1 when there are none.</summary>
    public static int Owner(ReadOnlySpan<Candidate> candidates, ulong nameDigest)
    {
        var best = -1;
        ulong bestScore = 0;
        for (var i = 0; i < candidates.Length; i++)
        {
            var score = Score(candidates[i], nameDigest);
            if (best < 0 || score >= bestScore)
            {
                best = i;
                bestScore = score;
            }
        }

        return best;
    }

    /// <summary>Indexes of all candidates, greatest score first.</summary>
    public static int[] Rank(ReadOnlySpan<Candidate> candidates, ulong nameDigest)
    {
        var order = new int[candidates.Length];
        var keys = new ulong[candidates.Length];
        for (var i = 0; i < candidates.Length; i++)
        {
            order[i] = i;
            keys[i] = ulong.MaxValue - Score(candidates[i], nameDigest);
        }

        Array.Sort(keys, order);
        return order;
    }
}
