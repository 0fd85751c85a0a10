using System.Globalization;
using System.Text.Json.Nodes;
using Starling.Cli.Output;
using Starling.Client.Jobs;

namespace Starling.Cli.Commands.Show;

/// <summary><c>ais show job [NAME] [JOB_ID] [NODE_ID]</c>.</summary>
internal static class ShowJobs
{
    public static CliCommand Build(string name, Flags flags) =>
        new CliCommand(name, "show running jobs, or with '--all' all of them", "[NAME] [JOB_ID] [NODE_ID]") { Run = RunAsync }
            .With(flags.Refresh, flags.Count, flags.All, flags.NoHeaders, flags.UnitsKind, flags.DateTime, flags.Json).Takes(Candidates.None, Candidates.None, Candidates.Nodes);

    private static Task<int> RunAsync(CliSession session)
    {
        session.AtMost(3);
        var units = Units.Parse(session.Value(session.Flags.UnitsKind));
        return Monitor.RunAsync(session, 72, async () => (await ReportAsync(session, units).ConfigureAwait(false), false));
    }

    private static async Task<int> ReportAsync(CliSession session, Units units)
    {
        var all = session.Has(session.Flags.All);
        var snapshots = await session.Client.Jobs.GetSnapshotsAsync(string.Empty, string.Empty, all ? null : true, session.Cancellation).ConfigureAwait(false);
        var rows = snapshots.SelectMany(pair => pair.Value.Select(job => (Target: pair.Key, Job: job)))
            .Where(row => session.Arguments.All(word => word == row.Job.Kind || word == row.Job.Id || word == row.Target || word == $"t[{row.Target}]")).ToArray();
        if (rows.Length == 0)
        {
            var kind = session.Arguments.Count > 0 ? $"'{session.Arguments[0]}' " : string.Empty;
            session.Out.WriteLine(session.Has(session.Flags.Json) ? "[]"
                : all ? $"No {kind}jobs."
                : $"No running {kind}jobs. Use '--all' to show all, '--all' <TAB-TAB> to select, '--help' for details.");
            return ExitCode.Ok;
        }

        if (session.Has(session.Flags.Json))
        {
            session.Out.WriteLine(JsonText.Indented(new JsonArray(rows.Select(row => (JsonNode)JsonOf(row.Target, row.Job)).ToArray())));
            return ExitCode.Ok;
        }

        var first = true;
        foreach (var job in rows.GroupBy(row => (row.Job.Kind, row.Job.Id)).OrderBy(job => job.Min(row => row.Job.Start) ?? DateTimeOffset.MaxValue))
        {
            if (!first)
            {
                session.Out.WriteLine(session.Terminal.Paint(new string('-', 72), Colour.Cyan));
            }

            first = false;
            Print(session, job.ToArray(), units);
        }

        return ExitCode.Ok;
    }

    private static void Print(CliSession session, (string Target, JobSnapshot Job)[] rows, Units units)
    {
        var job = rows[0].Job;
        var controls = rows.Select(row => row.Job.ControlMessage).Where(text => text.Length > 0).Distinct().ToArray();
        var control = controls.Length switch
        {
            0 => string.Empty,
            1 => $" (ctl: {controls[0]})",
            _ => $" (ctl:\n  {string.Join("\n  ", controls)}\n)",
        };
        foreach (var line in $"{job.Kind}[{job.Id}]{control}".Split('\n'))
        {
            session.Out.WriteLine(session.Terminal.Paint(line, Colour.Cyan));
        }

        var isRebalance = job.Kind == "rebalance";
        var table = new Table(
            new Column("NODE"), new Column("ID"), new Column("KIND"), new Column("BUCKET", rows.Any(row => row.Job.Bucket.Length > 0)),
            new Column("OBJECTS", !isRebalance), new Column("BYTES", !isRebalance), new Column("TX OBJECTS", isRebalance), new Column("TX BYTES", isRebalance),
            new Column("RX OBJECTS", isRebalance), new Column("RX BYTES", isRebalance), new Column("START"), new Column("END"), new Column("STATE"));
        foreach (var (target, snapshot) in rows)
        {
            table.Add(
                target, snapshot.Id, snapshot.Kind, snapshot.Bucket.Length > 0 ? snapshot.Bucket : "-", Number(snapshot.Local.Objects), Size(snapshot.Local.Bytes),
                Number(snapshot.Sent.Objects), Size(snapshot.Sent.Bytes), Number(snapshot.Received.Objects), Size(snapshot.Received.Bytes),
                JobText.Time(session, snapshot.Start), JobText.Time(session, snapshot.End), JobText.State(snapshot));
        }

        table.Write(session.Terminal, !session.Has(session.Flags.NoHeaders));

        string Size(long bytes) => bytes == 0 ? "-" : units.Size(bytes);
    }

    private static string Number(long number) => number == 0 ? "-" : number.ToString(CultureInfo.InvariantCulture);

    private static JsonObject JsonOf(string target, JobSnapshot job) => new()
    {
        ["node"] = target,
        ["id"] = job.Id,
        ["kind"] = job.Kind,
        ["bucket"] = job.Bucket,
        ["objects"] = job.Local.Objects,
        ["bytes"] = job.Local.Bytes,
        ["tx_objects"] = job.Sent.Objects,
        ["tx_bytes"] = job.Sent.Bytes,
        ["rx_objects"] = job.Received.Objects,
        ["rx_bytes"] = job.Received.Bytes,
        ["start"] = job.Start?.ToString("O", CultureInfo.InvariantCulture),
        ["end"] = job.End?.ToString("O", CultureInfo.InvariantCulture),
        ["state"] = JobText.State(job),
    };
}
