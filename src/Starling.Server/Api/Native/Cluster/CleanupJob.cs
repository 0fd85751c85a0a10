using System.Net.Http.Json;
using System.Text.Json;
using Starling.Cluster.Peers;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Core.Wire;
using Starling.Gateway.Lifecycle;
using Starling.Protocol.Identity;
using Starling.Protocol.State;
using Starling.Protocol.State.Operations;
using Starling.Server.Api.Native.Lifecycle;
using Starling.Target.Rebalance;

namespace Starling.Server.Api.Native.Cluster;

/// <summary>Rebalance in cleanup mode: begins it at a gateway, or asks the targets what it would do.</summary>
internal static class CleanupJob
{
    private const string PlanQuery = "cleanup-plan";

    /// <summary>A dry run walks and asks as much as the cleanup itself.</summary>
    private static readonly TimeSpan PlanWithin = TimeSpan.FromMinutes(2);

    public static async Task StartAsync(ApiCall call, ActionMessage message, JobScope scope)
    {
        var operations = call.Services.Gateway!.Operations;
        var state = await operations.CurrentAsync(call.Cancelled);
        if (RebalanceState.Running(state) is { } running)
        {
            throw new StoreException(ErrorCode.Busy, $"cannot start a rebalance in cleanup mode: rebalance[{running.Id}] is running, wait for it or stop it", 5_000);
        }

        var options = new OperationOptions { Cleanup = true, CleanupForce = ActionMessage.FlagMember(message.Value, "Force"), Scope = scope.UnamePrefix };
        if (call.Query.Flag("dry_run"))
        {
            await call.JsonAsync(await PlanAsync(call, state, options, scope));
            return;
        }

        var requester = MembershipActions.RequesterOf(call, message.Value);
        var what = $"cleanup{(options.CleanupForce ? " by force" : string.Empty)}{(scope.IsEverything ? string.Empty : $" of {scope.Cname}")}";
        var why = requester.Why.Length > 0 ? $"{what}; {requester.Why}" : what;
        await StartJob.BeginAsync(call, options, requester with { Why = why });
    }

    /// <summary><c>what=cleanup-plan</c> of a target: what a cleanup would do here; removes nothing.</summary>
    public static async Task PlanHereAsync(ApiCall call)
    {
        if (call.Services.Target is not { } target)
        {
            throw ApiException.Invalid($"{call.Services.DisplayName} is a gateway: it holds no copies, ask a target");
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(call.Cancelled);
        deadline.CancelAfter(PlanWithin);
        var options = new OperationOptions { Cleanup = true, CleanupForce = call.Query.Flag("frc"), Scope = call.Query.Get("scope") ?? string.Empty };
        try
        {
            var start = new CleanupStatus(0, 0, options.CleanupForce);
            var end = await new CleanupRun(target.Node, options, start, isDryRun: true, static _ => { }).RunAsync(deadline.Token) with { IsRunning = false };
            var account = new RebalanceTargetWire
            {
                Node = target.Node.View.Current.Self.Id.Value,
                RemovedObjects = end.Removed,
                RemovedBytes = end.RemovedBytes,
                CleanupVisits = end.Visits,
                Cleanup = end.Text,
                ErrorCount = end.ErrorCount,
            };
            await Daemon.DaemonQueries.JsonAsync(call, [account], WireJson.Instance.RebalanceTargetWireArray);
        }
        catch (OperationCanceledException) when (!call.Cancelled.IsCancellationRequested)
        {
            throw new StoreException(ErrorCode.Unavailable, $"a dry run of the cleanup did not come to its end within {PlanWithin.TotalSeconds:0} s: limit it to a bucket or a prefix");
        }
    }

    private static async Task<byte[]> PlanAsync(ApiCall call, ClusterState state, OperationOptions options, JobScope scope)
    {
        var asked = state.Nodes.Values.Where(node => node.Role == NodeRole.Target && RebalanceState.Concerns(state, node)).ToList();
        var answers = await Task.WhenAll(asked.Select(node => AskAsync(call, node.Id, options)));
        return JsonText.Write(json =>
        {
            json.WriteStartObject();
            json.WriteString("scope", scope.Cname);
            json.WriteNumber("epoch", state.Newest.Number);
            json.WriteStartArray("targets");
            foreach (var (node, answer) in asked.Zip(answers))
            {
                json.WriteStartObject();
                json.WriteString("node", node.Id.Value);
                json.WriteBoolean("answers", answer is not null);
                json.WriteNumber("would_remove_objects", answer?.RemovedObjects ?? 0);
                json.WriteNumber("would_remove_bytes", answer?.RemovedBytes ?? 0);
                json.WriteString("cleanup", answer?.Cleanup ?? string.Empty);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    private static async Task<RebalanceTargetWire?> AskAsync(ApiCall call, NodeId target, OperationOptions options)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(call.Cancelled);
        deadline.CancelAfter(PlanWithin);
        try
        {
            using var answer = await call.Services.Runtime.Peers.SendAsync(new PeerRequest
            {
                Node = target,
                Network = PeerNetwork.Control,
                Method = HttpMethod.Get,
                PathAndQuery = $"/v1/daemon?what={PlanQuery}&frc={(options.CleanupForce ? "true" : "false")}&scope={Uri.EscapeDataString(options.Scope)}",
                HeadersTimeout = PlanWithin,
            }, deadline.Token);
            return answer.IsSuccessStatusCode
                ? (await answer.Content.ReadFromJsonAsync(WireJson.Instance.RebalanceTargetWireArray, deadline.Token))?.FirstOrDefault()
                : null;
        }
        catch (Exception error) when (error is StoreException or JsonException or HttpRequestException or IOException
            || (error is OperationCanceledException && !call.Cancelled.IsCancellationRequested))
        {
            // Shown as a target that does not answer.
            return null;
        }
    }
}
