namespace Starling.Protocol.State.Operations;

/// <summary>What a lifecycle operation does with its nodes. The numbers are part of the stored format.</summary>
public enum OperationKind
{
    /// <summary>Out of placement, data handed over, process and membership stay.</summary>
    Maintenance,

    /// <summary>As <see cref="Maintenance"/>, and one named session is told to stop (rule A18).</summary>
    Shutdown,

    /// <summary>Out for good: data handed over, membership ended, what lies on the node erased by permit (rule A18).</summary>
    Decommission,

    /// <summary>Back into placement.</summary>
    Return,

    /// <summary>New targets that went in while there was data.</summary>
    Join,

    /// <summary>Every target puts in its place what lies elsewhere; membership does not change.</summary>
    Rebalance,

    /// <summary>A node that will not come back is removed; what only it held is declared lost (rule B0).</summary>
    RemoveDead,
}

/// <summary>What sets kinds of operations apart.</summary>
public static class OperationKinds
{
    /// <summary>Whether it takes nodes out of placement.</summary>
    public static bool TakesOut(this OperationKind kind) =>
        kind is OperationKind.Maintenance or OperationKind.Shutdown or OperationKind.Decommission or OperationKind.RemoveDead;

    /// <summary>Whether its nodes end outside of the membership.</summary>
    public static bool Removes(this OperationKind kind) => kind is OperationKind.Decommission or OperationKind.RemoveDead;

    /// <summary>The action as clients of the native API name it.</summary>
    public static string ActionName(this OperationKind kind) => kind switch
    {
        OperationKind.Maintenance => "start-maintenance",
        OperationKind.Shutdown => "shutdown-node",
        OperationKind.Decommission => "decommission-node",
        OperationKind.Return => "stop-maintenance",
        OperationKind.Join => "join",
        OperationKind.Rebalance => "rebalance",
        _ => "rm-unsafe",
    };
}
