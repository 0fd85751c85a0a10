using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using Starling.Client;
using Starling.Client.Cluster;
using Starling.Core.Wire;
using Starling.Playground.Nodes;

namespace Starling.Playground.Tour;

/// <summary>What an operator does with nodes, through any gateway that answers; each wait has a deadline and says what it waited for.</summary>
internal sealed class NodeOperations : IDisposable
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);
    private readonly StarlingClient client;

    public NodeOperations(PlaygroundPlan plan) => client = new StarlingClient(new StarlingClientOptions { Endpoints = [.. plan.Gateways.Select(gateway => new Uri(gateway.PublicUrl))] });

    /// <summary>How long a wait lasts at most.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(120);

    public void Dispose() => client.Dispose();

    /// <summary>Changes membership; a cluster that has no leader for a moment is asked again.</summary>
    public async Task<MembershipReply> ChangeAsync(string action, MembershipChange change, CancellationToken cancellation)
    {
        // The mountpaths of a playground lie on one filesystem, of which every target reports the use of all: the guard counts the same bytes several times.
        change = change with { Force = [.. change.Force.Union(["capacity"])] };
        MembershipReply? reply = null;
        await UntilAsync(async () => (reply = await client.Lifecycle.ChangeAsync(action, change, cancellation)) is not null, $"'{action}' of {string.Join(", ", change.Nodes)} to be accepted", cancellation);
        return reply!;
    }

    public Task<MembershipReply> ChangeAsync(string action, NodePlan node, CancellationToken cancellation) => ChangeAsync(action, new MembershipChange([node.Id]), cancellation);

    /// <summary>Changes one setting of the cluster.</summary>
    public Task ConfigureAsync(string setting, string value, CancellationToken cancellation) => UntilAsync(
        async () =>
        {
            await client.Cluster.SetConfigAsync([KeyValuePair.Create(setting, value)], cancellation: cancellation);
            return true;
        },
        $"{setting}={value} to be accepted", cancellation);

    /// <summary>One verdict; unknown when nobody can say.</summary>
    public async Task<SafetyWire> SafetyAsync(NodePlan node, CancellationToken cancellation)
    {
        try
        {
            return await client.Lifecycle.GetSafetyAsync(node.Id, cancellation);
        }
        catch (Exception error) when (IsPassing(error))
        {
            return new SafetyWire { Node = node.Id, Reasons = [error.Message] };
        }
    }

    /// <summary>Waits until the node is called safe to power off.</summary>
    public async Task UntilSafeAsync(NodePlan node, CancellationToken cancellation)
    {
        var last = new SafetyWire();
        await UntilAsync(
            async () => (last = await SafetyAsync(node, cancellation)).Verdict == SafetyWire.Safe, $"{node.DisplayName} to be safe to power off", cancellation,
            () => string.Join("; ", last.Reasons));
    }

    /// <summary>Waits until the operation of this id has ended, taken back or not.</summary>
    public async Task<TaskWire> UntilEndedAsync(string task, CancellationToken cancellation)
    {
        TaskWire? last = null;
        await UntilAsync(
            async () => (last = await client.Lifecycle.GetTaskAsync(task, cancellation: cancellation)).Status is "completed" or "cancelled", $"operation {task} to end", cancellation,
            () => last is null ? string.Empty : $"{last.Action} is in {last.Phase}, {last.Progress:0}%, {last.Blocked?.Text}");
        return last!;
    }

    /// <summary>Waits until no rebalance runs.</summary>
    public async Task<RebalanceWire> UntilRebalancedAsync(CancellationToken cancellation)
    {
        RebalanceWire? last = null;
        await UntilAsync(
            async () => (last = await client.Lifecycle.GetRebalanceAsync(cancellation: cancellation)).State != "running", "the rebalance to end", cancellation,
            () => last is null ? string.Empty : $"{last.Id} is at {last.Percent:0}%, {last.Blocked?.Text}");
        return last!;
    }

    public Task<TaskWire> TaskAsync(string id, CancellationToken cancellation) => client.Lifecycle.GetTaskAsync(id, cancellation: cancellation);

    /// <summary>Operations that run.</summary>
    public async Task<IReadOnlyList<TaskWire>> TasksAsync(CancellationToken cancellation) => await client.Lifecycle.GetTasksAsync(cancellation: cancellation);

    public async Task<RebalanceWire> RebalanceAsync(string? id, CancellationToken cancellation) => await client.Lifecycle.GetRebalanceAsync(id, cancellation);

    /// <summary>Committed administrative state of the node (<c>in</c>, <c>draining</c>, <c>out</c>, ...); empty when it is no member.</summary>
    public async Task<string> StateAsync(NodePlan node, CancellationToken cancellation) =>
        (await client.Lifecycle.GetNodesAsync(cancellation)).FirstOrDefault(member => member.Id == node.Id)?.State ?? string.Empty;

    /// <summary>Waits until the leader hears the node.</summary>
    public Task UntilOnlineAsync(NodePlan node, CancellationToken cancellation) => UntilAsync(
        async () => (await client.Lifecycle.GetNodesAsync(cancellation)).Any(member => member.Id == node.Id && member.Liveness == "online"), $"{node.DisplayName} to be online", cancellation);

    /// <summary>Declares the mountpaths lost that a node misses which came back with other disks. One that held nothing of its own misses none.</summary>
    public async Task DeclareLostAsync(NodePlan node, CancellationToken cancellation)
    {
        var lost = (await client.Lifecycle.GetNodesAsync(cancellation)).First(member => member.Id == node.Id).LostMountpathIds;
        if (lost.Length == 0)
        {
            return;
        }

        await UntilAsync(
            async () => (await client.Lifecycle.StartActionAsync(node.Id, "declare_lost", new() { ["mountpath_ids"] = new JsonArray([.. lost.Select(id => (JsonNode?)id)]) }, cancellation)).Status.Length > 0,
            $"the lost disks of {node.DisplayName} to be declared", cancellation);
    }

    /// <summary>Waits for a state.</summary>
    public async Task UntilStateAsync(NodePlan node, string state, CancellationToken cancellation)
    {
        var last = string.Empty;
        await UntilAsync(
            async () => (last = await StateAsync(node, cancellation)) == state, $"{node.DisplayName} to be '{state}'", cancellation, () => $"it is '{last}'");
    }

    /// <summary>Waits until every target in service holds nothing that belongs elsewhere.</summary>
    public async Task UntilConvergedAsync(CancellationToken cancellation)
    {
        NodeWire[] last = [];
        await UntilAsync(
            async () =>
            {
                last = [.. (await client.Lifecycle.GetNodesAsync(cancellation)).Where(node => node is { Role: "target", State: "in" or "draining" })];
                var rebalance = await client.Lifecycle.GetRebalanceAsync(cancellation: cancellation);
                return rebalance.State != "running" && last.All(node => node.TaskId.Length == 0 && node.Clean >= rebalance.Epoch);
            },
            "everything to lie in its place", cancellation,
            () => string.Join(", ", last.Select(node => $"{node.Id}: {node.State} clean {node.Clean} {node.Action} {node.Phase}")));
    }

    public async Task UntilAsync(Func<Task<bool>> condition, string what, CancellationToken cancellation, Func<string>? said = null)
    {
        var watch = Stopwatch.StartNew();
        var trouble = string.Empty;
        while (true)
        {
            try
            {
                if (await condition())
                {
                    return;
                }

                trouble = string.Empty;
            }
            catch (Exception error) when (IsPassing(error))
            {
                trouble = error.Message;
            }
            catch (ApiException error)
            {
                throw new PlaygroundException($"{what} is refused: {error.Message}");
            }

            if (watch.Elapsed > Patience)
            {
                var last = string.Join("; ", new[] { said?.Invoke() ?? string.Empty, trouble }.Where(text => text.Length > 0));
                throw new PlaygroundException(string.Create(CultureInfo.InvariantCulture, $"waited {watch.Elapsed.TotalSeconds:0} s in vain for {what}{(last.Length > 0 ? $" ({last})" : string.Empty)}"));
            }

            await Task.Delay(Poll, cancellation);
        }
    }

    /// <summary>What a change of leaders or a restart explains.</summary>
    private static bool IsPassing(Exception error) => error is Starling.Client.UnreachableException or TimeoutException or ApiException { Status: 502 or 503 };
}
