namespace Starling.Simulation;

/// <summary>A check of the simulator says no: the rule, and what was seen.</summary>
public sealed class CheckFailedException(string check, string reason) : Exception($"{check}: {reason}")
{
    /// <summary>Short name of the check that failed.</summary>
    public string Check { get; } = check;

    public string Reason { get; } = reason;
}
