namespace Starling.Protocol.Objects;

/// <summary>The step machine of one object request. The shell and the simulator drive the same plans over their own stores.</summary>
/// <remarks>
/// A driver is one loop; it decides nothing about the protocol. In a converged cluster a put goes like this:
/// <code>
/// Started           -> LockName         body in a work file, nothing decided yet
/// Locked(view, old) -> Commit(key)      session, bucket, owner, lease and fence were checked against that view
/// Committed(view)   -> Answer(record)   or Refuse(UnknownOutcome): the lease ended meanwhile
/// </code>
/// and a read of a name that moved like this:
/// <code>
/// Started           -> LookUp
/// Looked(view, -)   -> AskCandidates(t2, t1)
/// Answered(t2, -)   -> AwaitAnswers
/// Answered(t1, r)   -> LookUp           the owner may have changed its mind meanwhile
/// Looked(view, -)   -> Answer(r at t1)  or all over again, when record, epoch or any Clean changed
/// </code>
/// Whenever the deadline has passed, the driver reports <see cref="PlanEventKind.DeadlinePassed"/> in place of the event that it has
/// (a finished commit excepted, whose result counts).
/// </remarks>
public interface IPlan
{
    /// <summary>Takes what happened, says what to do next. Synchronous, without I/O; total for every sequence that a driver can report.</summary>
    PlanAction Next(in PlanEvent happened);
}
