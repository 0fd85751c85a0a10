using Starling.Cli.Output;

namespace Starling.Cli.Commands.Show;

/// <summary><c>ais show log NODE_ID</c>.</summary>
internal static class ShowLog
{
    public static CliCommand Build(string name, Flags flags) =>
        new CliCommand(name, "show the current log of a node", "NODE_ID") { Run = RunAsync }.With(flags.Severity, flags.Refresh, flags.Count).Takes(Candidates.Nodes);

    private static async Task<int> RunAsync(CliSession session)
    {
        var name = session.Argument(0, "NODE_ID");
        session.AtMost(1);
        var severity = session.Value(session.Flags.Severity)?.ToUpperInvariant() switch
        {
            null => null,
            "I" or "INFO" => "info",
            "W" or "WARNING" => "warning",
            "E" or "ERROR" => "error",
            _ => throw new UsageException($"invalid '--severity {session.Value(session.Flags.Severity)}': expecting one of info, warning, error"),
        };
        var node = Nodes.Find(await session.Client.Cluster.GetMapAsync(session.Cancellation).ConfigureAwait(false), name);
        long offset = 0;
        var period = session.Value(session.Flags.Refresh) is { } text ? Durations.Parse(text, "--refresh") : (TimeSpan?)null;
        var count = session.Number(session.Flags.Count, period is null ? 1 : long.MaxValue, 1, long.MaxValue);
        for (long i = 1; ; i++)
        {
            var log = await session.Client.Cluster.GetLogAsync(node.Id, severity, offset, session.Cancellation).ConfigureAwait(false);
            offset += System.Text.Encoding.UTF8.GetByteCount(log);
            session.Out.Write(log);
            await session.Out.FlushAsync(session.Cancellation).ConfigureAwait(false);
            if (i == count || period is null)
            {
                return ExitCode.Ok;
            }

            await Task.Delay(period.Value, session.Environment.Time, session.Cancellation).ConfigureAwait(false);
        }
    }
}
