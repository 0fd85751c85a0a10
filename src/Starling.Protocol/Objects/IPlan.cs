namespace Starling.Protocol.Objects;

/// <summary>The step machine of one object request. The shell and the simulator drive the same plans over their own stores.</summary>
public interface IPlan
{
    /// <summary>Takes what happened, says what to do next. Synchronous, without I/O; total for every sequence that a driver can report.</summary>
    PlanAction Next(in PlanEvent happened);
}
