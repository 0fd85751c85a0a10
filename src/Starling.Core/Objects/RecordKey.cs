namespace Starling.Core.Objects;

/// <summary>
/// The order of writes to one name (rule B1): bucket id, placement epoch, boot, sequence, compared in this order. The only answer to "which is newer".
/// </summary>
/// <param name="BucketId">Bucket id from the log; grows, never reused.</param>
/// <param name="Epoch">Placement epoch under which the write committed.</param>
/// <param name="Boot">Log index at which the writing target's session was committed.</param>
/// <param name="Sequence">Counter in the memory of that session.</param>
public readonly record struct RecordKey(ulong BucketId, long Epoch, long Boot, long Sequence) : IComparable<RecordKey>
{
    /// <inheritdoc/>
    public int CompareTo(RecordKey other)
    {
        var order = BucketId.CompareTo(other.BucketId);
        if (order == 0)
        {
            order = Epoch.CompareTo(other.Epoch);
        }

        if (order == 0)
        {
            order = Boot.CompareTo(other.Boot);
        }

        return order == 0 ? Sequence.CompareTo(other.Sequence) : order;
    }

    /// <summary>Order of writes.</summary>
    public static bool operator <(RecordKey left, RecordKey right) => left.CompareTo(right) < 0;

    /// <summary>Order of writes.</summary>
    public static bool operator >(RecordKey left, RecordKey right) => left.CompareTo(right) > 0;

    /// <summary>Order of writes.</summary>
    public static bool operator <=(RecordKey left, RecordKey right) => left.CompareTo(right) <= 0;

    /// <summary>Order of writes.</summary>
    public static bool operator >=(RecordKey left, RecordKey right) => left.CompareTo(right) >= 0;
}
