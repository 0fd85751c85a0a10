namespace Starling.Protocol.State.Operations;

/// <summary>
/// Where an operation stands (rule A17). Entering a phase commits what the phase is named after; the operation stays in it until the next one may be entered.
/// The numbers are part of the stored format.
/// </summary>
public enum OperationPhase
{
    /// <summary>Accepted; the guards held.</summary>
    Precheck,

    /// <summary>Its nodes give up leadership and votes (rule A2).</summary>
    RolesOff,

    /// <summary>State, epoch and rebalance id are committed in one entry; waiting until nobody commits under an older epoch (rule B4).</summary>
    Mark,

    /// <summary>Records are handed over (rules B8, B9).</summary>
    Drain,

    /// <summary>Everything is handed over and verified; waiting until it is safe to power off (rule A20).</summary>
    Verify,

    /// <summary>Safe to power off: the nodes are out.</summary>
    Drained,

    /// <summary>The present sessions of the nodes are told to stop (rule A18).</summary>
    Stop,

    /// <summary>Waiting until the nodes may be removed (rule B0). It can still be undone.</summary>
    Remove,

    /// <summary>At least one incarnation may erase itself and is never admitted again (rule A18). No way back.</summary>
    PermitErase,

    /// <summary>Every node has erased itself and is no member any more.</summary>
    Erased,

    /// <summary>Ended as asked.</summary>
    Done,

    /// <summary>An administrator takes it back; waiting until its nodes can go in again.</summary>
    Cancelling,

    /// <summary>Ended, taken back.</summary>
    Cancelled,
}
