namespace Starling.Protocol.Rebalance;

/// <summary>
/// The step machine of one record on its way between targets, or of one question of a neighbour. The same contract as
/// <see cref="Objects.IPlan"/>: the driver carries out each action and reports what happened; it decides nothing.
/// </summary>
/// <remarks>
/// One hand-over (rule B8), the sender left, the receiver right:
/// <code>
/// Started          -> LookUp
/// Looked(r, view)  -> Push(r, epoch, index)    Started           -> LookUp
///                                              Looked(-)         -> TakeBytes       the bytes travel only now
///                                              Received          -> LockName
///                                              Locked(view)      -> Commit          owner, epoch, candidate, bucket were checked under the lock
/// Answered(Held)   -> LockName                 Stored            -> Done(Held)
/// Locked(view)     -> Mark(epoch, receiver)
/// Stored           -> Done(HandedOff)
/// </code>
/// Whenever the deadline has passed, the driver reports <see cref="TransferEventKind.DeadlinePassed"/> in place of the event that it has, except when it
/// has a finished write to report.
/// </remarks>
public interface ITransferPlan
{
    /// <summary>Takes what happened, says what to do next. Synchronous, without I/O; total for every sequence that a driver can report.</summary>
    TransferAction Next(in TransferEvent happened);
}
