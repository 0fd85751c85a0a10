using System.Globalization;
using System.Text.Json.Nodes;
using Starling.Cli.Commands.Show;
using Starling.Cli.Output;

namespace Starling.Cli.Commands.Cluster;

/// <summary>Looking at operations on nodes, taking them back, and helping those that cannot go on.</summary>
internal static class OperationCommands
{
    public static CliCommand Show(Flags flags) =>
        new CliCommand("show", "show operations that run, or with '--all' also those that ended", "[TASK_ID | REB_ID]") { Run = ShowAsync }
            .With(flags.All, flags.NoHeaders, flags.DateTime, flags.Refresh, flags.Count).Takes(Candidates.None);

    public static CliCommand Cancel(Flags flags) =>
        new CliCommand("cancel", "take an operation back: its nodes return to service", "NODE_ID | TASK_ID | REB_ID") { Run = CancelAsync }.With(flags.Yes).Takes(Candidates.InactiveNodes);

    public static CliCommand AttestOff(Flags flags) =>
        new CliCommand("attest-off", "attest that a node that does not answer is powered off, so that others may take over its names", "NODE_ID") { Run = AttestAsync }
            .With(flags.Yes).Takes(Candidates.Nodes);

    public static CliCommand DeclareLost(Flags flags) =>
        new CliCommand("declare-lost", "declare the mountpaths lost that a running target misses, because their disks were replaced", "NODE_ID") { Run = DeclareLostAsync }
            .With(flags.Yes).Takes(Candidates.Nodes);

    public static CliCommand RemoveDead(Flags flags) =>
        new CliCommand("remove-from-smap", "remove a node that will not come back, at once; what only it held is declared lost (advanced usage only)", "NODE_ID") { Run = RemoveAsync }
            .With(flags.Guard, flags.Yes).Takes(Candidates.Nodes);

    private static Task<int> ShowAsync(CliSession session)
    {
        session.AtMost(1);
        return Monitor.RunAsync(session, 72, async () =>
        {
            var id = session.Arguments.Count > 0 ? session.Arguments[0] : null;
            var tasks = id is null
                ? await session.Client.Lifecycle.GetTasksAsync(session.Has(session.Flags.All), session.Cancellation).ConfigureAwait(false)
                : [await session.Client.Lifecycle.GetTaskAsync(id, cancellation: session.Cancellation).ConfigureAwait(false)];
            if (tasks.Length == 0)
            {
                session.Out.WriteLine($"No operations{(session.Has(session.Flags.All) ? string.Empty : " run. Use '--all' to show those that ended")}.");
                return (ExitCode.Ok, false);
            }

            var table = new Table(
                new Column("TASK ID"), new Column("ACTION"), new Column("NODES"), new Column("PHASE"), new Column("STATE"), new Column("DONE"), new Column("REB ID"), new Column("STARTED"),
                new Column("BY", tasks.Any(task => task.RequestedBy.Length > 0)));
            foreach (var task in tasks)
            {
                table.Add(
                    task.TaskId, task.Action, string.Join(",", task.Nodes), task.Phase, new Cell(task.Blocked is null ? task.Status : "blocked", task.Blocked is null ? Colour.None : Colour.Red),
                    task.Progress.ToString("0", CultureInfo.InvariantCulture) + "%", task.RebalanceId.Length > 0 ? task.RebalanceId : "-",
                    JobText.Time(session, task.Created), task.RequestedBy.Length > 0 ? task.RequestedBy : "-");
            }

            table.Write(session.Terminal, !session.Has(session.Flags.NoHeaders));
            foreach (var task in tasks.Where(task => task.Blocked is not null))
            {
                var names = task.Blocked!.Names.Length == 0 ? string.Empty : $" ({string.Join(", ", task.Blocked.Names)})";
                session.Out.WriteLine($"{session.Terminal.Paint(task.Action + ":", Colour.Red)} {task.Blocked.Text}{names}");
            }

            return (ExitCode.Ok, false);
        });
    }

    private static async Task<int> CancelAsync(CliSession session)
    {
        var id = session.Argument(0, "NODE_ID");
        session.AtMost(1);
        var map = await session.Client.Cluster.GetMapAsync(session.Cancellation).ConfigureAwait(false);
        if (map.Find(id) is { } node)
        {
            var tasks = await session.Client.Lifecycle.GetTasksAsync(cancellation: session.Cancellation).ConfigureAwait(false);
            id = tasks.FirstOrDefault(task => task.Nodes.Contains(node.Id))?.TaskId
                ?? throw new CliException($"no operation runs on {node.DisplayName}, nothing to cancel (see 'ais cluster task show --all')", ExitCode.NotFound);
        }

        var found = await session.Client.Lifecycle.GetTaskAsync(id, cancellation: session.Cancellation).ConfigureAwait(false);
        var names = string.Join(", ", found.Nodes);
        if (!session.Has(session.Flags.Yes) && !await session.Terminal.ConfirmAsync($"Take back '{found.Action}' of {names}?", session.Cancellation).ConfigureAwait(false))
        {
            return ExitCode.Failed;
        }

        var task = await session.Client.Lifecycle.CancelTaskAsync(found.TaskId, session.Cancellation).ConfigureAwait(false);
        session.Out.WriteLine($"'{task.Action}' of {names} is taken back{(task.RebalanceId.Length > 0 ? $" (to monitor, run 'ais show rebalance {task.RebalanceId}')" : string.Empty)}");
        return ExitCode.Ok;
    }

    private static async Task<int> AttestAsync(CliSession session)
    {
        var name = session.Argument(0, "NODE_ID");
        session.AtMost(1);
        var node = Nodes.Find(await session.Client.Cluster.GetMapAsync(session.Cancellation).ConfigureAwait(false), name);
        if (!session.Has(session.Flags.Yes))
        {
            session.Terminal.Warn($"about to put on record that {node.DisplayName} is off: if its process still runs, acknowledged writes can be lost");
            if (!await session.Terminal.ConfirmAsync("Is it powered off for certain?", session.Cancellation).ConfigureAwait(false))
            {
                return ExitCode.Failed;
            }
        }

        await session.Client.Lifecycle.StartActionAsync(node.Id, "attest_off", null, session.Cancellation).ConfigureAwait(false);
        session.Out.WriteLine($"{node.DisplayName} is attested to be off");
        return ExitCode.Ok;
    }

    private static async Task<int> DeclareLostAsync(CliSession session)
    {
        var name = session.Argument(0, "NODE_ID");
        session.AtMost(1);
        var node = Nodes.Find(await session.Client.Cluster.GetMapAsync(session.Cancellation).ConfigureAwait(false), name);
        var members = await session.Client.Lifecycle.GetNodesAsync(session.Cancellation).ConfigureAwait(false);
        var lost = members.FirstOrDefault(member => member.Id == node.Id)?.LostMountpathIds ?? [];
        if (lost.Length == 0)
        {
            session.Out.WriteLine($"{node.DisplayName} misses no mountpath, nothing to do");
            return ExitCode.Ok;
        }

        if (!session.Has(session.Flags.Yes))
        {
            session.Terminal.Warn($"about to give up what only {lost.Length} missing mountpaths of {node.DisplayName} hold: objects that nobody else took over are lost, which cannot be undone");
            if (!await session.Terminal.ConfirmAsync("Proceed?", session.Cancellation).ConfigureAwait(false))
            {
                return ExitCode.Failed;
            }
        }

        var ids = new JsonArray([.. lost.Select(id => (JsonNode?)id)]);
        await session.Client.Lifecycle.StartActionAsync(node.Id, "declare_lost", new JsonObject { ["mountpath_ids"] = ids }, session.Cancellation).ConfigureAwait(false);
        session.Out.WriteLine($"{lost.Length} mountpaths of {node.DisplayName} are declared lost");
        return ExitCode.Ok;
    }

    private static async Task<int> RemoveAsync(CliSession session)
    {
        var name = session.Argument(0, "NODE_ID");
        session.AtMost(1);
        var node = Nodes.Find(await session.Client.Cluster.GetMapAsync(session.Cancellation).ConfigureAwait(false), name);
        if (!session.Has(session.Flags.Yes))
        {
            session.Terminal.Warn($"about to remove {node.DisplayName} without moving its data: objects that only it holds are declared lost, which cannot be undone");
            if (!await session.Terminal.ConfirmAsync("Proceed?", session.Cancellation).ConfigureAwait(false))
            {
                return ExitCode.Failed;
            }
        }

        await session.Client.Lifecycle.ChangeAsync("rm-unsafe", new([node.Id]) { SkipRebalance = true, Force = session.Names(session.Flags.Guard) }, session.Cancellation).ConfigureAwait(false);
        session.Out.WriteLine($"{node.DisplayName} is being removed from the cluster map (permanently, its data is given up)");
        return ExitCode.Ok;
    }
}
