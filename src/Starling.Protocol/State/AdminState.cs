namespace Starling.Protocol.State;

/// <summary>What an administrator wants of a node; committed (rule A15).</summary>
public enum AdminState
{
    /// <summary>Admitted, not yet part of placement.</summary>
    Joining,

    /// <summary>Serves.</summary>
    In,

    /// <summary>Hands over what it holds; no longer part of placement.</summary>
    Draining,

    /// <summary>Out of placement, still a member.</summary>
    Out,

    /// <summary>On its way out of the membership; never comes back in this incarnation.</summary>
    Leaving,
}

/// <summary>The table of allowed transitions.</summary>
public static class AdminStates
{
    /// <summary>Whether an administrative state may become another one. Staying is not a transition.</summary>
    public static bool MayBecome(AdminState from, AdminState to) => (from, to) switch
    {
        (AdminState.Joining, AdminState.In) => true,
        (AdminState.Joining, AdminState.Leaving) => true,
        (AdminState.In, AdminState.Draining) => true,
        (AdminState.In, AdminState.Out) => true,
        (AdminState.Draining, AdminState.In) => true,
        (AdminState.Draining, AdminState.Out) => true,
        (AdminState.Out, AdminState.In) => true,
        (AdminState.Out, AdminState.Draining) => true,
        (AdminState.Out, AdminState.Leaving) => true,
        _ => false,
    };
}
