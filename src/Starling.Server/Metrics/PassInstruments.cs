using System.Diagnostics.Metrics;
using Starling.Protocol.Rebalance;
using Starling.Target.Rebalance;

namespace Starling.Server.Metrics;

/// <summary>What a rebalance does on this target.</summary>
internal static class PassInstruments
{
    public static void Register(Meter meter, PassDriver passes)
    {
        meter.CreateObservableCounter("starling_rebalance_passes_total", () => passes.Totals.Passes, description: "Passes that began in this process.");
        meter.CreateObservableCounter("starling_rebalance_objects_total", () => passes.Totals.Objects, description: "Records handed over to other targets whose content travelled.");
        meter.CreateObservableCounter("starling_rebalance_bytes_total", () => passes.Totals.Bytes, unit: "By", description: "Bytes that travelled with records handed over to other targets.");
        meter.CreateObservableCounter("starling_rebalance_present_objects_total", () => passes.Totals.Present, description: "Records handed over to targets that had them already.");
        meter.CreateObservableCounter("starling_rebalance_present_bytes_total", () => passes.Totals.PresentBytes, unit: "By", description: "Bytes of those records, which did not travel.");
        meter.CreateObservableCounter("starling_rebalance_verified_total", () => passes.Totals.Verified, description: "Leftovers whose owner was found to hold them.");
        meter.CreateObservableCounter("starling_rebalance_revived_total", () => passes.Totals.Revived, description: "Leftovers that became live again.");
        meter.CreateObservableCounter("starling_rebalance_errors_total", () => passes.Totals.Errors, description: "Hand-overs and marks that failed; they are tried again.");
        meter.CreateObservableGauge("starling_rebalance_in_flight", () => passes.Totals.InFlight, description: "Hand-overs and marks under way.");
        meter.CreateObservableGauge("starling_rebalance_window", () => passes.Status is null ? 0 : passes.Totals.Window, description: "Hand-overs that may be under way at once; 0: no pass runs.");
        meter.CreateObservableGauge("starling_rebalance_epoch", () => passes.Status?.Epoch ?? 0, description: "Epoch of the pass that runs; 0: none.");
        meter.CreateObservableGauge("starling_rebalance_stage", () => (int)(passes.Status?.Stage ?? PassStage.Ended), description: "0 waiting, 1 awaiting writes, 2 flushing, 3 walking, 4 verifying, 5 blocked, 6 reporting, 7 none runs.");
        meter.CreateObservableGauge("starling_rebalance_open_errors", () => passes.Status?.ErrorCount ?? 0, description: "Errors that the present attempt of the pass met.");
    }
}
