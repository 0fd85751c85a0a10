using System.Globalization;
using Starling.Cli.Output;
using Starling.Client.Jobs;

namespace Starling.Cli.Commands.Show;

/// <summary><c>ais show rebalance [REB_ID] [NODE_ID]</c>.</summary>
internal static class ShowRebalance
{
    public static CliCommand Build(string name, Flags flags) =>
        new CliCommand(name, "show the running rebalance, or with '--all' the history", "[REB_ID] [NODE_ID]") { Run = RunAsync }
            .With(flags.Refresh, flags.Count, flags.All, flags.NoHeaders, flags.NoFooters, flags.UnitsKind, flags.DateTime, flags.Verbose).Takes(Candidates.None, Candidates.Nodes);

    private static Task<int> RunAsync(CliSession session)
    {
        session.AtMost(2);
        var units = Units.Parse(session.Value(session.Flags.UnitsKind));
        var seen = string.Empty;
        return Monitor.RunAsync(session, 72, async () =>
        {
            var rows = await FindAsync(session, seen).ConfigureAwait(false);
            if (rows.Length == 0 && session.Arguments.FirstOrDefault(IsId) is { } unknown)
            {
                throw new CliException($"rebalance {unknown} is not known: 'ais show rebalance --all' shows those that are", ExitCode.NotFound);
            }

            if (rows.Length == 0)
            {
                session.Out.WriteLine("Global rebalance is not running. Use '--all' to show history, '--help' for details.");
                return (ExitCode.Ok, true);
            }

            Print(session, await ActiveAsync(session, rows).ConfigureAwait(false), units);
            if (session.Has(session.Flags.Verbose))
            {
                RebalanceDetails.Write(session, await session.Client.Lifecycle.GetRebalanceAsync(rows[^1].Job.Id, session.Cancellation).ConfigureAwait(false), units);
            }

            if (rows.Any(row => row.Job.IsRunning))
            {
                seen = rows[^1].Job.Id;
                return (ExitCode.Ok, false);
            }

            if (seen.Length > 0)
            {
                session.Out.WriteLine();
                session.Out.WriteLine($"Rebalance {seen} {(rows.Any(row => row.Job.IsAborted) ? "aborted" : "completed")}.");
            }

            return (ExitCode.Ok, true);
        });
    }

    private static async Task<(string Target, JobSnapshot Job)[]> FindAsync(CliSession session, string watched)
    {
        var id = session.Arguments.FirstOrDefault(IsId) ?? watched;
        var node = session.Arguments.FirstOrDefault(word => word != id);
        var all = session.Has(session.Flags.All) || id.Length > 0;
        var snapshots = await session.Client.Jobs.GetSnapshotsAsync("rebalance", id, all ? null : true, session.Cancellation).ConfigureAwait(false);
        return snapshots.SelectMany(pair => pair.Value.Select(job => (Target: pair.Key, Job: job)))
            .Where(row => (id.Length == 0 || row.Job.Id == id) && (node is null || node == row.Target || node == $"t[{row.Target}]"))
            .OrderBy(row => int.TryParse(row.Job.Id.AsSpan(Math.Min(1, row.Job.Id.Length)), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0)
            .ToArray();
    }

    /// <summary>The rows of targets in service, as people know this table; the others too when they are asked for, or when there are no others.</summary>
    private static async Task<(string Target, JobSnapshot Job)[]> ActiveAsync(CliSession session, (string Target, JobSnapshot Job)[] rows)
    {
        if (session.Has(session.Flags.All) || session.Has(session.Flags.Verbose) || session.Arguments.Count > 0)
        {
            return rows;
        }

        var map = await session.Client.Cluster.GetMapAsync(session.Cancellation).ConfigureAwait(false);
        var active = rows.Where(row => map.Find(row.Target) is not { IsInactive: true }).ToArray();
        return active.Length > 0 ? active : rows;
    }

    private static void Print(CliSession session, (string Target, JobSnapshot Job)[] rows, Units units)
    {
        var first = true;
        foreach (var rebalance in rows.GroupBy(row => row.Job.Id))
        {
            if (!first)
            {
                session.Out.WriteLine();
            }

            first = false;
            var isCleanup = rebalance.Any(row => row.Job.ControlMessage.Contains("cleanup", StringComparison.Ordinal));
            var table = new Table(
                new Column("REB ID"), new Column("NODE"), new Column("OBJECTS RECV", !isCleanup), new Column("SIZE RECV", !isCleanup), new Column("OBJECTS SENT", !isCleanup),
                new Column("SIZE SENT", !isCleanup), new Column("REMOVED OBJECTS", isCleanup), new Column("REMOVED BYTES", isCleanup), new Column("START"), new Column("END"), new Column("STATE"));
            foreach (var (target, job) in rebalance)
            {
                table.Add(
                    job.Id, target, Number(job.Received.Objects), units.Size(job.Received.Bytes), Number(job.Sent.Objects), units.Size(job.Sent.Bytes),
                    Number(job.Local.Objects), units.Size(job.Local.Bytes), JobText.Time(session, job.Start), JobText.Time(session, job.End), JobText.State(job));
            }

            table.Write(session.Terminal, !session.Has(session.Flags.NoHeaders));
            var (objects, bytes) = isCleanup
                ? (rebalance.Sum(row => row.Job.Local.Objects), rebalance.Sum(row => row.Job.Local.Bytes))
                : Migrated([.. rebalance]);
            if (objects > 0 && !session.Has(session.Flags.NoFooters))
            {
                session.Out.WriteLine($"{session.Terminal.Paint(rebalance.Key + ":", Colour.Cyan)} {objects} objects {(isCleanup ? "removed" : "migrated")} (total size {units.Size(bytes, 1)})");
            }
        }
    }

    /// <summary>What moved. In the end the receivers tell it too: the sender may be gone, or not be among the rows.</summary>
    private static (long Objects, long Bytes) Migrated((string Target, JobSnapshot Job)[] rows)
    {
        var sent = (Objects: rows.Sum(row => row.Job.Sent.Objects), Bytes: rows.Sum(row => row.Job.Sent.Bytes));
        var received = (Objects: rows.Sum(row => row.Job.Received.Objects), Bytes: rows.Sum(row => row.Job.Received.Bytes));
        return received.Objects > sent.Objects && !rows.Any(row => row.Job.IsRunning) ? received : sent;
    }

    private static bool IsId(string word) => word.Length > 1 && word[0] == 'g' && !word.AsSpan(1).ContainsAnyExceptInRange('0', '9');

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
