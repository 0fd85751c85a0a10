using System.Globalization;
using System.Text.Json;
using Starling.Core.Wire;
using Starling.Gateway.Lifecycle;
using Starling.Protocol.Identity;
using Starling.Server.Api.Native.Intra;

namespace Starling.Server.Api.Native.Lifecycle;

/// <summary>
/// <c>shutdown</c> and <c>decommission</c> of the whole cluster (<c>PUT /v1/cluster</c>), at any gateway. That gateway ends last, when its answer has left,
/// and only when every other member took the order, or with <c>force</c> <c>unreachable</c>: until then it can be asked again.
/// </summary>
internal static class EndActions
{
    /// <summary>The guard that keeps the asked gateway running while somebody was not told.</summary>
    public const string Guard = "unreachable";

    /// <summary>Status of an answer that names members that did not take the order; no client repeats such a request by itself.</summary>
    public const int NotAll = 502;

    public static Task ShutdownAsync(ApiCall call, ActionMessage message) => EndAsync(call, message, new EndOrderWire());

    public static Task DecommissionAsync(ApiCall call, ActionMessage message) =>
        EndAsync(call, message, new EndOrderWire { Decommission = true, RemoveUserData = ActionMessage.FlagMember(message.Value, "rm_user_data") });

    /// <summary>What the asker is told when not everybody took the order.</summary>
    public static string TextOf(EndReport report, EndOrderWire order, string asked, bool ends)
    {
        var names = string.Join("; ", report.Left.Select(left => $"{(left.Node.Role == NodeRole.Target ? 't' : 'p')}[{left.Node.Id}] ({left.Why})"));
        var byHand = !order.Decommission ? "stop its process"
            : order.RemoveUserData ? "stop its process, remove its data directory, empty its mountpaths"
            : "stop its process, remove its data directory, and empty its mountpaths or keep them for another use";
        var next = ends
            ? $"{asked} ends as well"
            : $"{asked} goes on running, so that this can be asked again there: start or connect what is missing and repeat the command, or, when it is gone for good, repeat it with '--force={Guard}', which ends {asked} too";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{report.Members - report.Left.Length} of {report.Members} other members took the order {order.Words} (or had ended); not told: {names}. {next}. By hand, where a node was not told: {byHand}");
    }

    private static async Task EndAsync(ApiCall call, ActionMessage message, EndOrderWire what)
    {
        if (message.Value is { ValueKind: not JsonValueKind.Object })
        {
            throw ApiException.Invalid($"action \"{message.Action}\": field \"value\" must be an object, or null");
        }

        var forced = MembershipActions.GuardsOf(call, message.Value);
        if (forced.FirstOrDefault(name => name != Guard) is { } unknown)
        {
            throw ApiException.Invalid($"field \"force\": \"{unknown}\" is no guard of action \"{message.Action}\", which has only \"{Guard}\"");
        }

        var (gateway, runtime) = (call.Services.Gateway!, call.Services.Runtime);
        var order = what with { OrderedBy = $"{MembershipActions.RequesterOf(call, message.Value).By} through {call.Services.DisplayName}" };
        using var handing = runtime.End.HandOut(order);

        // Once begun it goes on, also when the client hangs up: a cluster of which half was told is of no use to anybody.
        var report = await gateway.End.TellAllAsync(order, CancellationToken.None);
        if (report.Left.Length < report.Members)
        {
            runtime.End.HandedOut(order);
        }

        var ends = report.Left.IsEmpty || !forced.IsEmpty;
        if (ends)
        {
            EndEndpoint.Obey(call, gateway.End.OrderFor(call.Services.Snapshot.Self, order));
        }

        if (!report.Left.IsEmpty)
        {
            // Another gateway may have told this one meanwhile, for another operator.
            throw new ApiException(NotAll, TextOf(report, order, call.Services.DisplayName, ends || runtime.Stopping.IsCancellationRequested));
        }

        await call.EmptyAsync();
    }
}
