using System.Collections.Immutable;

namespace Starling.Protocol.Objects;

/// <summary>How a condition of a request came out.</summary>
public enum ConditionResult
{
    /// <summary>It holds, or there is none.</summary>
    Holds,

    /// <summary>A read has nothing newer to answer with.</summary>
    NotModified,

    /// <summary>It does not hold.</summary>
    Failed,
}

/// <summary>Conditions of a request on the record that it meets. Entity tags without quotation marks; <c>*</c> means any object.</summary>
/// <param name="IfMatch">The object must exist with one of these tags; empty for no condition.</param>
/// <param name="IfNoneMatch">No object may exist with one of these tags; empty for no condition.</param>
public sealed record Conditions(ImmutableArray<string> IfMatch, ImmutableArray<string> IfNoneMatch)
{
    /// <summary>No condition.</summary>
    public static Conditions None { get; } = new([], []);

    /// <summary>The object must not exist: create if absent.</summary>
    public static Conditions CreateIfAbsent { get; } = new([], ["*"]);

    /// <summary>Whether there is nothing to check.</summary>
    public bool IsEmpty => IfMatch.IsEmpty && IfNoneMatch.IsEmpty;

    /// <summary>Checks the conditions against the greatest record; null or a tombstone means that there is no object.</summary>
    /// <param name="greatest">The record.</param>
    /// <param name="isRead">Whether the request reads: then a matching tag means "not modified" instead of a failure.</param>
    public ConditionResult Check(RecordHead? greatest, bool isRead)
    {
        var existing = greatest is { IsTombstone: false } ? greatest : null;
        if (!IfMatch.IsEmpty && !Matches(IfMatch, existing))
        {
            return ConditionResult.Failed;
        }

        if (!IfNoneMatch.IsEmpty && Matches(IfNoneMatch, existing))
        {
            return isRead ? ConditionResult.NotModified : ConditionResult.Failed;
        }

        return ConditionResult.Holds;
    }

    private static bool Matches(ImmutableArray<string> tags, RecordHead? existing)
    {
        if (existing is null)
        {
            return false;
        }

        foreach (var tag in tags)
        {
            if (tag == "*" || (existing.ETag.Length > 0 && tag == existing.ETag) || (existing.ChecksumValue.Length > 0 && tag == existing.ChecksumValue))
            {
                return true;
            }
        }

        return false;
    }

    /// <inheritdoc/>
    public bool Equals(Conditions? other) => other is not null && IfMatch.AsSpan().SequenceEqual(other.IfMatch.AsSpan()) && IfNoneMatch.AsSpan().SequenceEqual(other.IfNoneMatch.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(IfMatch.Length, IfNoneMatch.Length);
}
