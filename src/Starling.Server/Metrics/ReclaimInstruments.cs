using System.Diagnostics.Metrics;
using Starling.Target.Reconcilers;

namespace Starling.Server.Metrics;

/// <summary>What this target removed for good.</summary>
internal static class ReclaimInstruments
{
    public static void Register(Meter meter, Reclaimer reclaimer)
    {
        meter.CreateObservableCounter("starling_reclaimed_objects_total", () => reclaimer.Tally.Objects, description: "Leftovers of records that were handed over, verified and removed.");
        meter.CreateObservableCounter("starling_reclaimed_bytes_total", () => reclaimer.Tally.Bytes, unit: "By", description: "Bytes of the leftovers that were removed.");
        meter.CreateObservableCounter("starling_forgotten_tombstones_total", () => reclaimer.Tally.Tombstones, description: "Tombstones that were removed because they hide nothing any more.");
        meter.CreateObservableCounter("starling_reclaim_errors_total", () => reclaimer.Tally.Errors, description: "Records that could not be removed; they are tried again.");
    }
}
