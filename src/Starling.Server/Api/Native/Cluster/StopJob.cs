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

        if (Running(await call.Services.Gateway!.Operations.CurrentAsync(call.Cancelled), id, kind) is { } operation)
        {
            if (operation.Kind.TakesOut() && !ActionMessage.FlagMember(message.Value, "Force") && !call.Query.Flag("frc"))
            {
                throw ApiException.Invalid($"rebalance[g{operation.RebalanceId}] serves {operation.Kind.ActionName()} of {string.Join(", ", operation.Nodes.Select(node => node.Id))}: take that back by stop-maintenance of the same nodes, or force");
            }

            await call.Services.Gateway.Operations.CancelAsync(operation, MembershipActions.RequesterOf(call, message.Value), call.Cancelled);
        }

        await call.EmptyAsync();
    }

    private static Operation? Running(ClusterState state, string id, string kind)
    {
        if (kind.Length > 0 && kind != RebalanceJobs.Kind)
        {
            return null;
        }

        var running = RebalanceState.Running(state);
        return running is not null && (id.Length == 0 || id == running.Id) && running.Operation is { IsFinished: false } operation ? operation : null;
    }
}
