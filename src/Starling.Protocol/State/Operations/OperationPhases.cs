namespace Starling.Protocol.State.Operations;

/// <summary>The table of phases per kind of operation (rule A17).</summary>
public static class OperationPhases
{
    /// <summary>The phase that follows; null when there is none: the operation has ended.</summary>
    /// <param name="operation">The operation. Whether data moves is known once it is marked: without it the phases that wait for data are left out.</param>
    public static OperationPhase? Next(Operation operation)
    {
        ArgumentNullException.ThrowIfNull(operation);
        return operation.Phase switch
        {
            OperationPhase.Precheck => operation.Kind == OperationKind.Return ? OperationPhase.Mark : OperationPhase.RolesOff,
            OperationPhase.RolesOff => OperationPhase.Mark,
            OperationPhase.Mark => operation.MovesData ? OperationPhase.Drain : AfterData(operation.Kind),
            OperationPhase.Drain => operation.Kind.TakesOut() ? OperationPhase.Verify : OperationPhase.Done,
            OperationPhase.Verify => OperationPhase.Drained,
            OperationPhase.Drained => AfterData(operation.Kind),
            OperationPhase.Stop => OperationPhase.Done,
            OperationPhase.Remove => operation.Kind == OperationKind.Decommission ? OperationPhase.PermitErase : OperationPhase.Done,
            OperationPhase.PermitErase => OperationPhase.Erased,
            OperationPhase.Erased => OperationPhase.Done,
            OperationPhase.Cancelling => OperationPhase.Cancelled,
            _ => null,
        };
    }

    private static OperationPhase AfterData(OperationKind kind) => kind switch
    {
        OperationKind.Shutdown => OperationPhase.Stop,
        OperationKind.Decommission or OperationKind.RemoveDead => OperationPhase.Remove,
        _ => OperationPhase.Done,
    };
}
