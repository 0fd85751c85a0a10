namespace Starling.Protocol.Rebalance;

/// <summary>
/// Which writes are under way, by the epoch that was adopted when they began (rule B9). Every commit, receive, revival, mark and local move enters
/// <i>before</i> it takes the view that it decides by, and leaves when its flush is done or it gave up. Thread-safe.
/// </summary>
public sealed class InFlight
{
    private readonly Lock gate = new();
    private readonly SortedDictionary<long, int> counts = [];

    /// <summary>How many are under way.</summary>
    public int Count
    {
        get
        {
            lock (gate)
            {
                return counts.Values.Sum();
            }
        }
    }

    /// <summary>A write begins. Give the result to <see cref="Leave"/>.</summary>
    /// <param name="adoptedEpoch">The epoch adopted now; the view that the write decides by is taken after this call and may be newer, never older.</param>
    public long Enter(long adoptedEpoch)
    {
        lock (gate)
        {
            counts[adoptedEpoch] = counts.GetValueOrDefault(adoptedEpoch) + 1;
            return adoptedEpoch;
        }
    }

    /// <summary>A write is finished, or given up.</summary>
    /// <param name="epoch">What <see cref="Enter"/> returned.</param>
    /// <returns>Whether nothing of this epoch or an earlier one is under way any more: a pass that waits may go on.</returns>
    /// <exception cref="InvalidOperationException">Nothing of this epoch is under way.</exception>
    public bool Leave(long epoch)
    {
        lock (gate)
        {
            var left = counts.GetValueOrDefault(epoch) - 1;
            switch (left)
            {
                case < 0:
                    throw new InvalidOperationException($"no write of epoch {epoch} is under way");
                case 0:
                    counts.Remove(epoch);
                    break;
                default:
                    counts[epoch] = left;
                    break;
            }

            return counts.Count == 0 || counts.Keys.First() > epoch;
        }
    }

    /// <summary>Whether no write that began under an earlier epoch is unfinished: a pass of this epoch may start (rule B9).</summary>
    public bool HasNoneBelow(long epoch)
    {
        lock (gate)
        {
            return counts.Count == 0 || counts.Keys.First() >= epoch;
        }
    }
}
