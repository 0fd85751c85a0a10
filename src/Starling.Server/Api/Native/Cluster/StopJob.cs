using System.Globalization;
using Starling.Gateway.Lifecycle;
using Starling.Protocol.State;
using Starling.Protocol.State.Operations;
using Starling.Server.Api.Native.Lifecycle;

namespace Starling.Server.Api.Native.Cluster;

/// <summary>Action <c>stop</c>: 200 even when nothing matches.</summary>
internal static class StopJob
{
    public static async Task HandleAsync(ApiCall call, ActionMessage message)
    {
        var id = ActionMessage.TextMember(message.Value, "ID");
        var kind = ActionMessage.TextMember(message.Value, "Kind");
        if (id.Length == 0 && kind.Length == 0)
        {
            throw ApiException.Invalid("cannot stop: neither \"ID\" nor \"Kind\" of the job is given");
        }

        var operations = call.Services.Gateway!.Operations;
        if (Running(await operations.CurrentAsync(call.Cancelled), id, kind) is not { } running)
        {
            await call.EmptyAsync();
            return;
        }

        if (running.Operation is { IsFinished: false } operation)
        {
            if (operation.Kind.TakesOut() && !ActionMessage.FlagMember(message.Value, "Force") && !call.Query.Flag("frc"))
            {
                throw ApiException.Invalid($"rebalance[g{operation.RebalanceId}] serves {operation.Kind.ActionName()} of {string.Join(", ", operation.Nodes.Select(node => node.Id))}: take that back by stop-maintenance of the same nodes, or force");
            }

            await operations.CancelAsync(operation, MembershipActions.RequesterOf(call, message.Value), call.Cancelled);
            if (operation.Kind.TakesOut() || operation.Options.Cleanup)
            {
                await call.EmptyAsync();
                return;
            }
        }

        // Targets go on by themselves while automatic rebalance is on: one that is started and taken back says that they are not to, for this placement.
        if (RebalanceState.Running(operations.State) is { Operation: null or { IsFinished: true } })
        {
            // Each change has an id of its own: a repeated one is not made twice (rule A12).
            var requester = MembershipActions.RequesterOf(call, message.Value) with { Why = $"stop of rebalance[{running.Id}]" };
            if (await operations.StartAsync(OperationKind.Rebalance, [], OperationOptions.None, Numbered(requester, 2), call.Cancelled) is { } quieting)
            {
                await operations.CancelAsync(quieting, Numbered(requester, 3), call.Cancelled);
            }
        }

        await call.EmptyAsync();
    }

    private static Requester Numbered(Requester requester, int number) =>
        requester.RequestId.Length == 0 ? requester : requester with { RequestId = string.Create(CultureInfo.InvariantCulture, $"{requester.RequestId}/{number}") };

    private static RebalanceState? Running(ClusterState state, string id, string kind)
    {
        if (kind.Length > 0 && kind != RebalanceJobs.Kind)
        {
            return null;
        }

        var running = RebalanceState.Running(state);
        return running is not null && (id.Length == 0 || id == running.Id) ? running : null;
    }
}
