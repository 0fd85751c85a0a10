using System.Diagnostics;
using System.Globalization;
using Starling.Client.Cluster;
using Starling.Core.Wire;
using Starling.Playground.Nodes;

namespace Starling.Playground.Tour;

/// <summary>The second half of the story: targets leave and come back while clients read and write, and what is called safe to destroy is destroyed.</summary>
internal sealed class RemovalActs(TourStage stage, Load load)
{
    private readonly NodeOperations operations = stage.Operations;
    /// <summary>One leaves, another one is interrupted, a third one is shut down.</summary>
    public const int FewestTargets = 3;

    private const int Doomed = 200;
    private readonly CancellationToken cancellation = stage.Cancellation;

    public async Task RunAsync()
    {
        await stage.PrintAsync(load.Current);
        var targets = stage.Supervisor.Plan.Targets.ToArray();
        await TakeOutAndDestroyAsync(targets[0]);
        await InterruptAsync(targets[1]);
        await ShutDownAndReturnAsync(targets[^1]);
        await DecommissionAsync(targets[1]);
        await JoinAsync();
        load.Current = stage.Begin("after all changes", mayWait: false);
        await stage.LetRunAsync();
    }

    /// <summary>Destroys the disks of a node whose data is still there, as if the verdict had come too early; returns an object that only it held.</summary>
    public async Task<string> DestroyTooEarlyAsync(ActRecord act)
    {
        var victim = stage.Supervisor.Plan.Targets.First();
        var lost = NameOn(victim) ?? throw new PlaygroundException($"found no object on {victim.DisplayName} to be destroyed");

        // Held still, so that it hands nothing over before it is lost.
        NodeProcess.Signal(stage.Supervisor.Processes.ReadPid(victim) ?? throw new PlaygroundException($"{victim.DisplayName} does not run"), NodeProcess.SigStop);
        await operations.ChangeAsync("start-maintenance", victim, cancellation);
        PowerOff(victim);
        await stage.Supervisor.Processes.WaitForExitAsync(victim, TimeSpan.FromSeconds(5), cancellation);
        Destroy(victim);
        act.Note = $"{victim.DisplayName} destroyed before it was safe";
        return lost;
    }

    private async Task TakeOutAndDestroyAsync(NodePlan node)
    {
        var act = Begin($"maintenance {node.DisplayName}");
        await stage.ForEachAsync(Enumerable.Range(0, Doomed), async number =>
        {
            var content = new SeededContent(number, 200);
            await stage.Client.PutAsync(DoomedName(number), content, act, cancellation);
            stage.Ledger.Put(DoomedName(number), content);
        });
        var reply = await operations.ChangeAsync("start-maintenance", node, cancellation);
        await DeleteAsync(Enumerable.Range(0, Doomed / 2), act);
        await operations.UntilSafeAsync(node, cancellation);
        var told = stage.Total.Elapsed;
        var account = Account(await operations.RebalanceAsync(reply.RebalanceId, cancellation), node);
        var outage = PowerOff(node);
        await stage.PrintAsync(act);

        act = Begin("power off, disks destroyed");
        await stage.Supervisor.Processes.WaitForExitAsync(node, TimeSpan.FromSeconds(5), cancellation);
        Destroy(node);
        act.Note = string.Create(CultureInfo.InvariantCulture, $"told safe at {told:hh\\:mm\\:ss}: {account?.HandedOverObjects:N0} objects handed off, {account?.VerifiedObjects:N0} verified");
        await DeleteAsync(Enumerable.Range(Doomed / 2, Doomed / 2), act);
        await stage.ReadAsync(SettledNames(), [.. Enumerable.Range(0, Doomed).Select(DoomedName)], act);
        await stage.PrintAsync(act);

        act = Begin($"return {node.DisplayName}, empty");
        await stage.Supervisor.Processes.WaitForExitAsync(node, TimeSpan.FromSeconds(5), cancellation);
        stage.Supervisor.Processes.Start(node);
        await stage.Supervisor.WaitReadyAsync(node, TimeSpan.FromSeconds(90), cancellation);
        await operations.UntilOnlineAsync(node, cancellation);
        outage.End();
        await operations.DeclareLostAsync(node, cancellation);
        await ReturnAsync(node, act);
        await stage.PrintAsync(act);
    }

    private async Task InterruptAsync(NodePlan node)
    {
        var act = Begin($"interrupt removal of {node.DisplayName}");
        var reply = await operations.ChangeAsync("start-maintenance", node, cancellation);
        RebalanceTargetWire? account = null;
        await operations.UntilAsync(
            async () =>
            {
                account = Account(await operations.RebalanceAsync(reply.RebalanceId, cancellation), node);
                return account is { HandedOverObjects: > 0, Percent: >= 50 } or { Stage: "ended" };
            },
            $"half of {node.DisplayName} to be handed over", cancellation, () => $"{account?.Stage} {account?.Percent:0}%, {account?.HandedOverObjects} objects");
        var sent = account?.HandedOverObjects ?? 0;
        var inService = await ReturnAsync(node, act);
        act.Note = string.Create(CultureInfo.InvariantCulture, $"after {sent:N0} objects; in service {inService.TotalSeconds:0.0} s after 'stop-maintenance'; {act.Note}");
        await stage.PrintAsync(act);
    }

    private async Task ShutDownAndReturnAsync(NodePlan node)
    {
        var act = Begin($"shutdown {node.DisplayName}");
        var outage = stage.Outages.Begin(node);
        await operations.ChangeAsync("shutdown-node", node, cancellation);
        await operations.UntilAsync(() => Task.FromResult(!stage.Supervisor.Processes.IsRunning(node)), $"the process of {node.DisplayName} to end", cancellation);
        act.Note = "its process ended by itself";
        await stage.LetRunAsync();
        await stage.PrintAsync(act);

        act = Begin($"return {node.DisplayName} in two steps");
        stage.Supervisor.Processes.Start(node);
        await stage.Supervisor.WaitReadyAsync(node, TimeSpan.FromSeconds(90), cancellation);
        await operations.UntilOnlineAsync(node, cancellation);
        outage.End();
        await ReturnAsync(node, act);
        await stage.PrintAsync(act);
    }

    private async Task DecommissionAsync(NodePlan node)
    {
        var act = Begin($"decommission {node.DisplayName}");
        stage.Outages.Begin(node);
        var reply = await operations.ChangeAsync("decommission-node", new MembershipChange([node.Id]) { RemoveUserData = true }, cancellation);
        await operations.UntilEndedAsync(reply.TaskId, cancellation);
        await operations.UntilAsync(() => Task.FromResult(!stage.Supervisor.Processes.IsRunning(node)), $"the process of {node.DisplayName} to end", cancellation);
        if (await operations.StateAsync(node, cancellation) is { Length: > 0 } state)
        {
            act.Fail($"{node.DisplayName} is still a member ('{state}') after its decommission");
        }

        if (NameOn(node) is { } kept)
        {
            act.Fail($"{node.DisplayName} still holds {TourClient.Cname(kept)} after its decommission");
        }

        stage.Supervisor.Change(stage.Supervisor.Plan with { Nodes = [.. stage.Supervisor.Plan.Nodes.Where(other => other != node)] });
        act.Note = "removed and erased";
        await stage.PrintAsync(act);
    }

    private async Task JoinAsync()
    {
        var plan = stage.Supervisor.Plan;
        var port = plan.Nodes.Max(node => node.Port) + 1;
        while (Ports.FirstBusy([port, port + NodePlan.ControlOffset, port + NodePlan.DataOffset]) is not null)
        {
            port++;
        }

        var node = new NodePlan(string.Create(CultureInfo.InvariantCulture, $"new{port}"), NodeRole.Target, port);
        var act = Begin($"join {node.DisplayName}");
        stage.Supervisor.Change(plan with { Nodes = [.. plan.Nodes, node] });
        stage.Supervisor.Processes.Start(node);
        await operations.UntilStateAsync(node, "in", cancellation);
        await operations.UntilConvergedAsync(cancellation);
        var account = Account(await operations.RebalanceAsync(null, cancellation), node);
        act.Note = string.Create(CultureInfo.InvariantCulture, $"{account?.ReceivedObjects:N0} objects moved there");
        await stage.PrintAsync(act);
    }

    /// <summary>Takes a node out of maintenance and waits until everything lies in its place; returns how long it took until it was in service.</summary>
    private async Task<TimeSpan> ReturnAsync(NodePlan node, ActRecord act)
    {
        var watch = Stopwatch.StartNew();
        var reply = await operations.ChangeAsync("stop-maintenance", node, cancellation);
        await operations.UntilStateAsync(node, "in", cancellation);
        var inService = watch.Elapsed;
        await operations.UntilConvergedAsync(cancellation);
        var account = Account(await operations.RebalanceAsync(reply.RebalanceId.Length > 0 ? reply.RebalanceId : null, cancellation), node);
        act.Note = string.Create(CultureInfo.InvariantCulture, $"{account?.ReceivedObjects:N0} objects moved back, {account?.RevivedObjects:N0} came back where they lay");
        return inService;
    }

    /// <summary>Deletes some of the names that are put only to be deleted: while a node hands over, and while it is away. None may come back with it.</summary>
    private Task DeleteAsync(IEnumerable<int> numbers, ActRecord act) => stage.ForEachAsync(numbers.Select(DoomedName), async name =>
    {
        await stage.Client.DeleteAsync(name, stage.Ledger.Expected(name), act, cancellation);
        stage.Ledger.Delete(name);
    });

    private static string DoomedName(int number) => string.Create(CultureInfo.InvariantCulture, $"doomed/{number:000}");

    private ActRecord Begin(string name)
    {
        var act = stage.Begin(name, mayWait: false);
        load.Current = act;
        return act;
    }

    private Outages.Outage PowerOff(NodePlan node) => stage.Kill(node);

    /// <summary>What was there before the load began: what a writer changes meanwhile is compared in the end.</summary>
    private string[] SettledNames() => [.. stage.Ledger.LiveNames().Where(name => !name.StartsWith("live/", StringComparison.Ordinal))];

    private void Destroy(NodePlan node)
    {
        for (var i = 1; i <= stage.Supervisor.Plan.MountpathsPerTarget; i++)
        {
            var mountpath = node.Mountpath(stage.Supervisor.Directory.Root, i);
            Directory.Delete(mountpath, recursive: true);
            Directory.CreateDirectory(mountpath);
        }
    }

    private IEnumerable<string> Files(NodePlan node) => Enumerable.Range(1, stage.Supervisor.Plan.MountpathsPerTarget).Select(i => node.Mountpath(stage.Supervisor.Directory.Root, i))
        .Where(Directory.Exists)
        .SelectMany(mountpath => Directory.EnumerateFiles(mountpath, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.None }));

    /// <summary>An object of the tour that a file of the node holds; null when none does.</summary>
    private string? NameOn(NodePlan node) => Files(node).Select(NameIn).FirstOrDefault(name => name is not null);

    private string? NameIn(string file)
    {
        if (!Contents.TryGetValue(new FileInfo(file).Length, out var candidates))
        {
            return null;
        }

        var bytes = File.ReadAllBytes(file);
        return candidates.FirstOrDefault(candidate => candidate.Bytes.Span.SequenceEqual(bytes)).Name;
    }

    /// <summary>Small objects by their size, so that files can be told apart by what they hold.</summary>
    private Dictionary<long, (string Name, ReadOnlyMemory<byte> Bytes)[]> Contents => field ??= stage.Ledger.LiveNames()
        .Where(name => name.StartsWith("small/", StringComparison.Ordinal)).Select(name => (Name: name, Bytes: stage.Ledger.Expected(name)!.Bytes()))
        .Where(entry => entry.Bytes.Length >= 64).GroupBy(entry => (long)entry.Bytes.Length).ToDictionary(group => group.Key, group => group.ToArray());

    private static RebalanceTargetWire? Account(RebalanceWire rebalance, NodePlan node) => rebalance.Targets.FirstOrDefault(target => target.Node == node.Id);
}
