using System.Globalization;
using Starling.Core.Wire;
using Starling.Gateway.Lifecycle;
using Starling.Protocol.State.Operations;

namespace Starling.Server.Api.Native.Lifecycle;

/// <summary>Committed changes: <c>GET /v1/journal?limit=&amp;after=</c>, oldest first.</summary>
internal static class JournalEndpoint
{
    public static async Task GetAsync(ApiCall call)
    {
        Cluster.ClusterActions.RequireStarted(call);
        var limit = Number(call, "limit", Journal.Kept, 1, Journal.Kept);
        var after = Number(call, "after", 0, 0, long.MaxValue);
        JournalEntryWire[] entries = [.. (await call.Services.Gateway!.Operations.CurrentAsync(call.Cancelled)).Journal.Where(entry => entry.Index > after).TakeLast((int)limit).Select(entry => new JournalEntryWire
        {
            Index = entry.Index,
            Time = TaskProjection.TimeOf(entry.AtNs),
            Who = entry.By,
            What = entry.What,
            Why = entry.Why,
        })];
        await Daemon.DaemonQueries.JsonAsync(call, entries, WireJson.Instance.JournalEntryWireArray);
    }

    private static long Number(ApiCall call, string name, long absent, long least, long most)
    {
        var text = call.Query.Get(name) ?? string.Empty;
        if (text.Length == 0)
        {
            return absent;
        }

        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most
            ? value
            : throw ApiException.Invalid($"parameter \"{name}\": expecting a number from {least} to {most}, got \"{text}\"");
    }
}
