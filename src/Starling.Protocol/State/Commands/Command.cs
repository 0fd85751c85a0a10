using Starling.Core.Errors;
using Starling.Protocol.State.Operations;

namespace Starling.Protocol.State.Commands;

/// <summary>
/// One change of the committed state. Commands are compare-and-set (rule A11): they carry what they saw, and applying refuses when it no longer holds.
/// One file per command: its data, <see cref="Check"/> and <see cref="Apply"/>.
/// </summary>
public abstract record Command
{
    /// <summary>Deduplicates retries (rule A12); empty when the command is idempotent by itself.</summary>
    public string RequestId { get; init; } = string.Empty;

    /// <summary>
    /// Applied index that the proposer had seen when the request first came in; with a request id, a command older than the remembered ids is refused.
    /// </summary>
    public long SeenIndex { get; init; }

    /// <summary>Who asked for it, when and why, for the journal. Nobody named: the leader, by its rules; null: it did not say when either.</summary>
    public Origin? Origin { get; init; }

    /// <summary>Whether a target that leads as a caretaker may propose it (rule A4).</summary>
    public virtual bool AllowedToCaretaker => false;

    /// <summary>Why the command must be refused in this state, or null when it may be applied. Pure and total.</summary>
    public abstract StoreError? Check(ClusterState state);

    /// <summary>The state after the command; called only when <see cref="Check"/> returned null. Pure and total.</summary>
    /// <param name="state">The state before, its <see cref="ClusterState.AppliedIndex"/> being that of the entry before this one.</param>
    /// <param name="index">Log index of this entry.</param>
    public abstract ClusterState Apply(ClusterState state, long index);

    /// <summary>What the command makes, for the caller's answer: an id, or empty. Pure and total; called when <see cref="Check"/> returned null.</summary>
    /// <param name="before">The state before the command.</param>
    /// <param name="index">Log index of this entry.</param>
    public virtual string Result(ClusterState before, long index) => string.Empty;
}

/// <summary>What became of a committed command.</summary>
/// <param name="Index">Log index at which it was applied or refused; of a retry, that of the first time.</param>
/// <param name="Error">Null when it was applied.</param>
/// <param name="Result">What the command made, when its caller needs it (an id); empty otherwise.</param>
public sealed record CommandOutcome(long Index, StoreError? Error, string Result = "");
