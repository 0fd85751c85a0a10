using Starling.Core.Names;
using Starling.Protocol.Objects;

namespace Starling.Target.Neighbors;

/// <summary>What a neighbour answered to a look.</summary>
/// <param name="Result">Record, absent or unknown.</param>
/// <param name="Record">The record when there is one.</param>
public readonly record struct NeighborAnswer(LookResult Result, RecordHead? Record);

/// <summary>Asks other targets for records that they may still hold (rules B6 and B7).</summary>
public interface INeighbors
{
    /// <summary>Asks one candidate; a candidate that cannot be reached is <see cref="LookResult.Unknown"/>, never an exception.</summary>
    /// <param name="candidate">Whom.</param>
    /// <param name="name">The object.</param>
    /// <param name="bucketId">The bucket's id.</param>
    /// <param name="epoch">The candidate must have adopted at least this epoch.</param>
    /// <param name="cancellationToken">The deadline.</param>
    Task<NeighborAnswer> LookAsync(NodeId candidate, ObjectName name, ulong bucketId, long epoch, CancellationToken cancellationToken);
}

/// <summary>
/// Answers "unknown" for every candidate. Placement does not change yet while buckets exist, so there are no candidates to ask; should there be one all the
/// same, the request is refused and nothing is wrongly called absent.
/// </summary>
public sealed class NoNeighbors : INeighbors
{
    /// <inheritdoc/>
    public Task<NeighborAnswer> LookAsync(NodeId candidate, ObjectName name, ulong bucketId, long epoch, CancellationToken cancellationToken) =>
        Task.FromResult(new NeighborAnswer(LookResult.Unknown, null));
}
