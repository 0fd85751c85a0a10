using System.Diagnostics;
using Starling.Client.Cluster;
using Starling.Core.Wire;
using Starling.Playground.Nodes;
using Starling.Playground.Tour;

namespace Starling.Playground.Trials;

/// <summary>Every operation, its leader killed in every phase: what it ended as.</summary>
internal sealed class PhaseTrial(TourStage stage, TrialOptions options) : Trial(stage, options)
{
    private static readonly (string Action, string[] Phases)[] Table =
    [
        ("start-maintenance", ["precheck", "roles-off", "mark", "drain", "verify", "drained"]),
        ("stop-maintenance", ["precheck", "mark", "drain"]),
        ("shutdown-node", ["precheck", "roles-off", "mark", "drain", "verify", "drained", "stop"]),
        ("decommission-node", ["precheck", "roles-off", "mark", "drain", "verify", "drained", "remove", "permit-erase", "erased"]),
    ];

    protected override async Task RunAsync()
    {
        await PutAsync(Options.Objects);
        var load = new Load(Stage.Client, Stage.Ledger, Stage.Ledger.LiveNames());
        await using (load)
        {
            load.Current = Stage.Begin("operations under kills", mayWait: true);
            load.Start(readers: 2, writers: 2);
            await SayAsync($"{"operation",-20} {"phase",-14} {"killed in",-14} {"end state",-12} {"node",-10} {"seconds",8}");
            foreach (var (action, phases) in Table)
            {
                foreach (var phase in phases)
                {
                    await OneAsync(action, phase);
                }
            }
        }

        await Stage.PrintAsync(load.Current);
        await CompareAsync();
    }

    private async Task OneAsync(string action, string phase)
    {
        var node = Targets[^1];
        if (action == "stop-maintenance")
        {
            await ChangeAsync("start-maintenance", node);
            await Operations.UntilSafeAsync(node, Cancellation);
        }

        var watch = Stopwatch.StartNew();
        var nodeOutage = Stage.Outages.Begin(node);
        var reply = await Operations.ChangeAsync(action, new MembershipChange([node.Id]) { RemoveUserData = action == "decommission-node" }, Cancellation);
        var killedIn = await UntilPhaseAsync(reply.TaskId, phase);
        var leader = await Stage.Supervisor.LeaderAsync(Cancellation) ?? throw new PlaygroundException("the cluster has no leader");
        var outage = Stage.Kill(leader);
        await StartAgainAsync(leader, outage);
        var task = await Operations.UntilEndedAsync(reply.TaskId, Cancellation);
        var state = await Operations.StateAsync(node, Cancellation);
        await SayAsync($"{action,-20} {phase,-14} {killedIn,-14} {task.Status,-12} {(state.Length > 0 ? state : "removed"),-10} {watch.Elapsed.TotalSeconds,8:0.0}");
        await RestoreAsync(node, state, nodeOutage);
    }

    /// <summary>Waits until the operation is in the phase or past it; returns the phase that it was seen in.</summary>
    private async Task<string> UntilPhaseAsync(string id, string phase)
    {
        string[] order = ["precheck", "roles-off", "mark", "drain", "verify", "drained", "stop", "remove", "permit-erase", "erased", "done"];
        var seen = new TaskWire();
        await Operations.UntilAsync(
            async () => Array.IndexOf(order, (seen = await Operations.TaskAsync(id, Cancellation)).Phase) >= Array.IndexOf(order, phase), $"phase {phase}", Cancellation, () => seen.Phase);
        return seen.Phase;
    }

    /// <summary>Brings the node back as it was: the next row begins with all of them.</summary>
    private async Task RestoreAsync(NodePlan node, string state, Outages.Outage outage)
    {
        if (!Stage.Supervisor.Processes.IsRunning(node) || state.Length == 0)
        {
            await Stage.Supervisor.Processes.WaitForExitAsync(node, TimeSpan.FromSeconds(30), Cancellation);
            if (state.Length == 0)
            {
                // Erased: it comes as a new one.
                Directory.Delete(node.DataDirectory(Stage.Supervisor.Directory.Root), recursive: true);
                Stage.Supervisor.Change(Stage.Supervisor.Plan);
                Destroy(node);
            }

            Stage.Supervisor.Processes.Start(node);
            await Operations.UntilOnlineAsync(node, Cancellation);
        }

        outage.End();
        if (state is "out" or "draining")
        {
            await ReturnAsync(node);
        }

        await Operations.UntilStateAsync(node, "in", Cancellation);
        await Operations.UntilConvergedAsync(Cancellation);
    }
}
