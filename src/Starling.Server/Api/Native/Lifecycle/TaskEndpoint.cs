using System.Globalization;
using Starling.Core.Wire;
using Starling.Gateway.Lifecycle;
using Starling.Protocol.State.Operations;

namespace Starling.Server.Api.Native.Lifecycle;

/// <summary>Operations as tasks: <c>/v1/tasks</c>.</summary>
internal static class TaskEndpoint
{
    private const int MaxWaitSeconds = 30;

    /// <summary>Running tasks, or with <c>all=true</c> the remembered ones too; newest first.</summary>
    public static async Task ListAsync(ApiCall call)
    {
        Cluster.ClusterActions.RequireStarted(call);
        var state = await call.Services.Gateway!.Operations.CurrentAsync(call.Cancelled);
        var all = call.Query.Flag("all");
        TaskWire[] tasks = [.. TaskNames.All(state).Where(one => all || !one.IsFinished).Select(one => TaskProjection.Of(state, one, null))];
        await Daemon.DaemonQueries.JsonAsync(call, tasks, WireJson.Instance.TaskWireArray);
    }

    /// <summary>One task; <c>wait=30s</c> holds the answer until something changes.</summary>
    public static async Task GetAsync(ApiCall call)
    {
        Cluster.ClusterActions.RequireStarted(call);
        var wait = WaitOf(call);
        var operations = call.Services.Gateway!.Operations;
        var operation = await operations.OperationAsync(call.Path.Item(2), call.Cancelled);
        if (wait > TimeSpan.Zero)
        {
            operation = await operations.WaitChangedAsync(operation, wait, call.Cancelled);
        }

        await Daemon.DaemonQueries.JsonAsync(call, await DescribeAsync(call, operation), WireJson.Instance.TaskWire);
    }

    /// <summary>Takes a task back.</summary>
    public static async Task DeleteAsync(ApiCall call)
    {
        Cluster.ClusterActions.RequireStarted(call);
        var operations = call.Services.Gateway!.Operations;
        var operation = await operations.OperationAsync(call.Path.Item(2), call.Cancelled);
        operation = await operations.CancelAsync(operation, MembershipActions.RequesterOf(call), call.Cancelled);
        await Daemon.DaemonQueries.JsonAsync(call, TaskProjection.Of(operations.State, operation, null), WireJson.Instance.TaskWire);
    }

    /// <summary>A task with what the targets say of its rebalance.</summary>
    public static async Task<TaskWire> DescribeAsync(ApiCall call, Operation operation)
    {
        var gateway = call.Services.Gateway!;
        var rebalance = operation.MovesData
            ? await gateway.Rebalances.GetAsync(gateway.Operations.State, RebalanceState.Find(gateway.Operations.State, operation.RebalanceId), call.Cancelled)
            : null;
        return TaskProjection.Of(gateway.Operations.State, operation, rebalance);
    }

    private static TimeSpan WaitOf(ApiCall call)
    {
        var text = call.Query.Get("wait") ?? string.Empty;
        if (text.Length == 0)
        {
            return TimeSpan.Zero;
        }

        var digits = text.EndsWith('s') ? text[..^1] : text;
        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= MaxWaitSeconds
            ? TimeSpan.FromSeconds(seconds)
            : throw ApiException.Invalid($"parameter \"wait\": expecting 0s to {MaxWaitSeconds}s, got \"{text}\"");
    }
}
