namespace Starling.Simulation.Mutants;

/// <summary>
/// One planted bug: in <paramref name="File"/> (below src/Starling.Protocol) the text <paramref name="Old"/>, which must occur exactly once, becomes <paramref name="New"/>.
/// </summary>
/// <param name="Name">What is wrong, in the words of the rules.</param>
/// <param name="Rule">The rule that the mutant breaks.</param>
/// <param name="File">Path below src/Starling.Protocol.</param>
/// <param name="Old">Text that must occur exactly once.</param>
/// <param name="New">What it becomes.</param>
/// <param name="Quick">Part of the three that every test run plants.</param>
/// <param name="Scripts">Scripts to try first; seeds follow when they stay silent.</param>
public sealed record Mutant(string Name, string Rule, string File, string Old, string New, bool Quick, params string[] Scripts);
