using System.Collections;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Consensus;
using Starling.Protocol.Operations;
using Starling.Protocol.State.Commands;

namespace Starling.Protocol.Node;

/// <summary>Everything that a node can ask of its driver.</summary>
public abstract record Effect;

/// <summary>
/// Write this batch behind all earlier ones and report <see cref="PersistCompleted"/> once it is on the disk. Never blocks the loop: more inputs may be
/// stepped meanwhile, and further batches may follow. Whatever depends on the batch is held inside the node until the report.
/// A flush that fails is final: the driver stops the loop and says so.
/// </summary>
/// <param name="Token">Grows by one with every batch.</param>
/// <param name="Batch">What to write.</param>
public sealed record Persist(long Token, PersistBatch Batch) : Effect;

/// <summary>Send a message; losing it is allowed. A failure that is noticed comes back as <see cref="SendFailed"/>.</summary>
/// <param name="Address">Control address to send to.</param>
/// <param name="Envelope">What to send.</param>
public sealed record Send(string Address, Envelope Envelope) : Effect;

/// <summary>The node's new view; replaces the one before, atomically. Always ahead of the messages of the same step, which may report it as adopted.</summary>
/// <param name="View">Immutable.</param>
public sealed record Publish(NodePublication View) : Effect;

/// <summary>The answer to a proposal, a transfer or an initialisation.</summary>
/// <param name="LocalRequestId">As in the request.</param>
/// <param name="Outcome">What became of the committed command; null when <paramref name="Error"/> says why there is none.</param>
/// <param name="Error">
/// <see cref="ErrorCode.Unavailable"/>: not done, try again; <see cref="ErrorCode.UnknownOutcome"/>: it may or may not happen; others: refused.
/// Null with a null outcome: done (a transfer).
/// </param>
public sealed record Answer(long LocalRequestId, CommandOutcome? Outcome, StoreError? Error) : Effect;

/// <summary>The answer to <see cref="ReadIndexRequested"/>.</summary>
/// <param name="LocalRequestId">As in the request.</param>
/// <param name="Index">The published state is at least this one and was current after the request came in; null: unavailable.</param>
public sealed record AnswerRead(long LocalRequestId, long? Index) : Effect;

/// <summary>The answer to <see cref="SafetyRequested"/>.</summary>
/// <param name="LocalRequestId">As in the request.</param>
/// <param name="Verdict">The leader's verdict, computed after the question came in; <i>unknown</i> without a leader.</param>
public sealed record AnswerSafety(long LocalRequestId, SafetyVerdict Verdict) : Effect;

/// <summary>Ask whether a node answers on its data network; the result comes back as <see cref="DataProbed"/>, within two seconds.</summary>
/// <param name="Node">Whom to expect there.</param>
/// <param name="Address">Its data address.</param>
public sealed record ProbeData(NodeId Node, string Address) : Effect;

/// <summary>An invariant does not hold: the driver stops stepping this node, raises the integrity alarm and goes on serving data read-only.</summary>
/// <param name="Reason">Which one.</param>
public sealed record Halt(string Reason) : Effect;

/// <summary>Effects of one step, to be executed front to back.</summary>
public readonly struct EffectList : IReadOnlyList<Effect>, IEquatable<EffectList>
{
    private readonly Effect[]? items;

    internal EffectList(Effect[]? items) => this.items = items;

    /// <inheritdoc/>
    public int Count => items?.Length ?? 0;

    /// <inheritdoc/>
    public Effect this[int index] => items![index];

    /// <summary>For loops without allocation.</summary>
    public ReadOnlySpan<Effect> AsSpan() => items;

    /// <inheritdoc/>
    public IEnumerator<Effect> GetEnumerator() => ((IEnumerable<Effect>)(items ?? [])).GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(EffectList other) => ReferenceEquals(items, other.items);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is EffectList other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => items?.Length ?? 0;

    /// <summary>The same list.</summary>
    public static bool operator ==(EffectList left, EffectList right) => left.Equals(right);

    /// <summary>Not the same list.</summary>
    public static bool operator !=(EffectList left, EffectList right) => !left.Equals(right);
}
