namespace Starling.Simulation.Mutants;

/// <summary>The planted bugs.</summary>
public static class MutantCatalog
{
    public static IReadOnlyList<Mutant> All { get; } = [];
}
