using System.Collections.Immutable;

namespace Starling.Protocol.State.Operations;

/// <summary>Kinds of obstacles (rule A19). The numbers are part of the stored format.</summary>
public enum BlockReason
{
    /// <summary>A node that the operation needs does not answer.</summary>
    Silent,

    /// <summary>Records could not be read or sent.</summary>
    Errors,

    /// <summary>A mountpath is lost (rule B10): bring it back or declare it lost.</summary>
    Loss,

    /// <summary>A receiver has no space.</summary>
    OutOfSpace,

    /// <summary>Nobody can take over the leadership or the vote.</summary>
    Roles,

    /// <summary>The node is not ready to go in: not online, not leased, or without mountpaths.</summary>
    NotReady,

    /// <summary>It is not certain that the node has stopped: wait, or attest that it is off.</summary>
    MayRun,

    /// <summary>A receiver of what was handed over was lost or is silent (rule A20).</summary>
    Receiver,
}

/// <summary>Why an operation cannot go on.</summary>
/// <param name="Reason">The kind of obstacle.</param>
/// <param name="Text">In words, with the remedy.</param>
/// <param name="Names">What blocks it: nodes, mountpaths or objects, sorted, at most <see cref="MostNames"/>.</param>
public sealed record OperationBlock(BlockReason Reason, string Text, ImmutableArray<string> Names)
{
    /// <summary>How many names are kept.</summary>
    public const int MostNames = 64;

    /// <inheritdoc/>
    public bool Equals(OperationBlock? other) => other is not null && Reason == other.Reason && Text == other.Text && Names.AsSpan().SequenceEqual(other.Names.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Reason, Text, Names.Length);
}
