namespace Starling.Target.Rebalance;

/// <summary>What the passes of this process did, for metrics; numbers only grow, but for <paramref name="InFlight"/>.</summary>
/// <param name="Passes">Passes that began.</param>
/// <param name="Objects">Records handed over whose content travelled.</param>
/// <param name="Bytes">Bytes that travelled for them.</param>
/// <param name="Present">Records handed over that the receivers had already.</param>
/// <param name="PresentBytes">Their bytes, which did not travel.</param>
/// <param name="Verified">Leftovers that were verified.</param>
/// <param name="Revived">Leftovers that became live again.</param>
/// <param name="Errors">Hand-overs and marks that failed.</param>
/// <param name="InFlight">Hand-overs and marks under way now.</param>
/// <param name="Window">How many may be under way at once now.</param>
public readonly record struct PassTotals(long Passes, long Objects, long Bytes, long Present, long PresentBytes, long Verified, long Revived, long Errors, int InFlight, int Window);
