namespace Starling.Simulation.Mutants;

/// <summary>
/// One planted bug. Most are an edit of the protocol; what a driver must do around the plans (locks, flushes) is broken in the simulator's own driver, by name.
/// </summary>
/// <param name="Name">What is wrong.</param>
/// <param name="Rule">The rule it breaks.</param>
/// <param name="File">File below src/Starling.Protocol, or <see cref="Driver"/>.</param>
/// <param name="Old">Text that occurs exactly once in it.</param>
/// <param name="New">What it becomes, or the name of the driver's fault.</param>
/// <param name="Quick">Whether it is tried on every run of the tests.</param>
/// <param name="Scripts">Scripts that are run before seeds.</param>
public sealed record Mutant(string Name, string Rule, string File, string Old, string New, bool Quick, params string[] Scripts)
{
    public const string Driver = "(driver)";

    /// <summary>Set in the environment of a simulator whose driver is to be wrong.</summary>
    public const string Variable = "STARLING_SIM_BREAK";

    public const string PushReadOutsideTheLock = "push-read-outside-the-lock";
    public const string MarkWithoutFlush = "mark-without-flush";
    public const string HeldBeforeFlush = "held-before-flush";
    public const string LookWithoutLock = "look-without-lock";
}
