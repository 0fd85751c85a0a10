using System.Collections.Immutable;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Identity;
using Starling.Protocol.Operations;
using Starling.Protocol.State.Operations;

namespace Starling.Protocol.State.Commands;

/// <summary>Records that a finished and verified pass left a target with nothing that belongs elsewhere as of an epoch (rule B9). Never goes down.</summary>
/// <param name="Id">The target.</param>
/// <param name="Session">The committed session that made the pass.</param>
/// <param name="Epoch">The epoch of the pass.</param>
public sealed record MarkClean(NodeId Id, SessionId Session, long Epoch) : Command
{
    /// <summary>Applied index of the target when its pass started; 0: it does not say.</summary>
    public long StartedIndex { get; init; }

    /// <summary>Who answered the verification, sorted (rule A20).</summary>
    public ImmutableArray<NodeId> Receivers { get; init; } = [];

    /// <inheritdoc/>
    public override StoreError? Check(ClusterState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        if (Refusals.NotThisSession(state, Id, Session) is { } refusal)
        {
            return refusal;
        }

        var entry = state.Node(Id)!;
        if (!entry.HoldsIntegers || Epoch > state.Newest.Number)
        {
            return new StoreError(ErrorCode.Conflict, $"target {Id} cannot be clean as of epoch {Epoch}: the newest is {state.Newest.Number}");
        }

        if (entry.Fenced < Epoch)
        {
            return new StoreError(ErrorCode.Conflict, $"target {Id} is fenced at epoch {entry.Fenced}, below {Epoch}: it may still commit under an older one");
        }

        if (state.KnowsOperations && state.PassWanted(Id) is { } wanted && wanted.AskedIndex > StartedIndex)
        {
            return new StoreError(ErrorCode.Conflict, $"target {Id}: the pass began at {StartedIndex}, one that begins after {wanted.AskedIndex} is wanted: pass again");
        }

        return entry.LostMountpathIds.Length == 0
            ? Receivers.Select(receiver => CheckReceiver(state, receiver)).FirstOrDefault(e => e is not null)
            : new StoreError(ErrorCode.Conflict, $"target {Id} misses mountpaths {string.Join(", ", entry.LostMountpathIds)}: bring them back or declare them lost");
    }

    /// <inheritdoc/>
    public override ClusterState Apply(ClusterState state, long index)
    {
        ArgumentNullException.ThrowIfNull(state);
        var entry = state.Node(Id)!;

        // A pass that was overtaken by an automatic advance has no effect; one that was asked for again at the same epoch renews its proof.
        var renews = state.KnowsOperations && entry.Clean == Epoch && StartedIndex > entry.CleanIndex;
        if (entry.Clean >= Epoch && !renews)
        {
            return state;
        }

        var proven = entry with { Clean = Epoch };
        return EpochChange.TrimChain(state.WithNodeQuietly(state.KnowsOperations
            ? proven with { CleanIndex = index, VerifiedBy = entry.State == AdminState.In ? [] : Proof(state, entry) }
            : proven));
    }

    /// <inheritdoc/>
    public bool Equals(MarkClean? other) => other is not null && base.Equals(other) && Id == other.Id && Session == other.Session && Epoch == other.Epoch
        && StartedIndex == other.StartedIndex && Receivers.AsSpan().SequenceEqual(other.Receivers.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(base.GetHashCode(), Id, Session, Epoch, StartedIndex);

    // What an earlier proof rests on was verified then and is not asked about again: it still counts, unless its receiver has handed on or lost it (rule A20).
    private ImmutableArray<VerifiedReceiver> Proof(ClusterState state, NodeEntry entry) =>
    [
        .. Receivers.Where(r => r != Id && state.Node(r) is not null).Distinct().Select(r => new VerifiedReceiver(r, state.Node(r)!.MountpathsDigest))
            .Concat(entry.VerifiedBy.Where(r => !Receivers.Contains(r.Id) && SafetyVerdict.StillVouches(state, entry, r)))
            .OrderBy(r => r.Id),
    ];

    /// <summary>What a receiver lost after the pass had begun may be what it took over in that pass.</summary>
    private StoreError? CheckReceiver(ClusterState state, NodeId receiver)
    {
        if (state.Losses.TryGetValue(receiver, out var loss) && loss.Index > StartedIndex)
        {
            return new StoreError(ErrorCode.Conflict, $"target {receiver}, which took over from {Id}, was declared lost during the pass: pass again");
        }

        return state.Node(receiver) is { LostMountpathIds.Length: > 0 } missing
            ? new StoreError(ErrorCode.Conflict, $"target {receiver}, which took over from {Id}, misses mountpaths {string.Join(", ", missing.LostMountpathIds)}")
            : null;
    }
}
