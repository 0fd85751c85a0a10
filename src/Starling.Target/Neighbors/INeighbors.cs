using System.Collections.Immutable;
using Starling.Core.Names;
using Starling.Protocol.Rebalance;

namespace Starling.Target.Neighbors;

/// <summary>
/// What targets ask of each other on the data network (rules B2, B7, B8, B9). Every question and every answer carries the epoch and the applied index of
/// who sends it: the asked one catches up first, the asker learns when it is behind. Who cannot be reached, is late, belongs to another cluster or is
/// another process than the committed one is an answer like any other (unknown, refused), never an exception and never "absent".
/// Only the caller's own cancellation is thrown.
/// </summary>
public interface INeighbors
{
    /// <summary>Asks for one name.</summary>
    /// <param name="candidate">Whom.</param>
    /// <param name="question">What, with the marks of rule B2.</param>
    /// <param name="within">How long to wait; then it is unknown.</param>
    /// <param name="cancellationToken">Nobody wants the answer any more.</param>
    Task<NeighborLook> LookAsync(NodeId candidate, LookQuestion question, TimeSpan within, CancellationToken cancellationToken);

    /// <summary>Opens the bytes of the very record that is named by its key; no content when the other side does not have it any more, or cannot be reached.</summary>
    /// <param name="holder">Whom to ask.</param>
    /// <param name="question">Which bytes.</param>
    /// <param name="within">How long to wait for the first bytes; each later piece has a deadline of its own.</param>
    /// <param name="cancellationToken">Nobody wants the bytes any more.</param>
    Task<NeighborOpen> OpenAsync(NodeId holder, ContentQuestion question, TimeSpan within, CancellationToken cancellationToken);

    /// <summary>
    /// Offers a record and lets the receiver have its bytes when it asks for them. Offers to the same receiver that wait at the same time travel together;
    /// a caller sees its own one only. Attributes and bytes are read from this target's disks, by the key of the offer: when they are gone, the answer is
    /// <see cref="PushAnswerKind.Stale"/> with the marks of the offer.
    /// </summary>
    /// <param name="receiver">To whom.</param>
    /// <param name="offer">The offer, as <see cref="HandOffPlan"/> made it.</param>
    /// <param name="within">How long until <see cref="PushAnswerKind.Refused"/>, waiting for a place in the queue included.</param>
    /// <param name="cancellationToken">Nobody wants the answer any more; the receiver may take the record all the same.</param>
    Task<PushAnswer> PushAsync(NodeId receiver, PushRequest offer, TimeSpan within, CancellationToken cancellationToken);

    /// <summary>Asks the owner about a batch of leftovers.</summary>
    /// <param name="owner">Whom.</param>
    /// <param name="question">The leftovers, at most <see cref="VerifyQuestion.MaxItems"/>.</param>
    /// <param name="within">How long to wait.</param>
    /// <param name="cancellationToken">Nobody wants the answer any more.</param>
    Task<VerifyReply> VerifyAsync(NodeId owner, VerifyQuestion question, TimeSpan within, CancellationToken cancellationToken);

    /// <summary>
    /// Sends a put, whose body lies here, to the target that owns the name now, under the request id of the client: a repeated one is not committed twice.
    /// An answer that is lost after the body began to travel is <see cref="Core.Errors.ErrorCode.UnknownOutcome"/>.
    /// </summary>
    /// <param name="owner">To whom.</param>
    /// <param name="put">The put.</param>
    /// <param name="body">Reads the body from its beginning.</param>
    /// <param name="within">How long to wait for the answer.</param>
    /// <param name="cancellationToken">Nobody wants the answer any more; the put may happen all the same.</param>
    Task<ForwardAnswer> ForwardAsync(NodeId owner, ForwardedPut put, Stream body, TimeSpan within, CancellationToken cancellationToken);
}

/// <summary>A batch of leftovers that their owner is asked about (rule B9).</summary>
/// <param name="Items">The leftovers.</param>
/// <param name="Epoch">The asker's adopted epoch.</param>
/// <param name="AppliedIndex">The asker's applied index.</param>
public sealed record VerifyQuestion(ImmutableArray<VerifyItem> Items, long Epoch, long AppliedIndex)
{
    /// <summary>Most leftovers in one question.</summary>
    public const int MaxItems = 1024;
}
