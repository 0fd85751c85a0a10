namespace Starling.Target.Reconcilers;

/// <summary>What the reclaimer did since the process started; numbers only grow.</summary>
/// <param name="Runs">Walks over all mountpaths.</param>
/// <param name="Objects">Leftovers removed.</param>
/// <param name="Bytes">Their bytes.</param>
/// <param name="Tombstones">Tombstones forgotten.</param>
/// <param name="Errors">Records that could not be removed; they are tried again.</param>
public readonly record struct ReclaimTally(long Runs, long Objects, long Bytes, long Tombstones, long Errors);
