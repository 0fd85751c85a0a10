using Starling.Client.Cluster;

namespace Starling.Cli.Commands.Cluster;

/// <summary><c>ais cluster add-remove-nodes ...</c>: takes nodes out of service, brings them back, removes them.</summary>
internal static class AddRemoveNodes
{
    private const string Usage = "NODE_ID [NODE_ID...]";

    public static CliCommand Build(Flags flags) =>
        new CliCommand("add-remove-nodes", "take nodes out of service, bring them back, remove them for good").With(
            new CliCommand("start-maintenance", "take nodes out of service and keep them in the cluster map", Usage)
            {
                Run = session => RunAsync(session, new Lifecycle("start-maintenance", AskMaintenance, (node, _) => $"{node} is now in maintenance mode")),
            }.With(flags.NoRebalance, flags.Guard, flags.Yes).Takes(Candidates.ActiveNodes),
            new CliCommand("stop-maintenance", "put nodes back into service, also while their removal is still under way", Usage)
            {
                Run = session => RunAsync(session, new Lifecycle("stop-maintenance", (_, names) => $"Take {names} out of maintenance mode?", (node, _) => $"{node} is now active")),
            }.With(flags.NoRebalance, flags.Guard, flags.Yes).Takes(Candidates.InactiveNodes),
            new CliCommand("shutdown", "take nodes out of service, then stop their processes", Usage)
            {
                Run = session => RunAsync(session, new Lifecycle("shutdown-node", (_, names) => $"Shut down {names}?", ShutdownText) { Closing = ShutdownNote }),
            }.With(flags.NoRebalance, flags.RemoveUserData, flags.Guard, flags.Yes).Takes(Candidates.Nodes),
            new CliCommand("decommission", "move all data elsewhere, then erase nodes and remove them for good", Usage)
            {
                Run = session => RunAsync(session, new Lifecycle("decommission-node", AskDecommission, DecommissionText)),
            }.With(flags.NoRebalance, flags.RemoveUserData, flags.KeepInitialConfig, flags.NoShutdown, flags.Guard, flags.Yes).Takes(Candidates.Nodes));

    private static async Task<int> RunAsync(CliSession session, Lifecycle action)
    {
        var nodes = await NamedNodesAsync(session).ConfigureAwait(false);
        var isDecommission = action.Action == "decommission-node";
        if (!isDecommission && Given(session, session.Flags.RemoveUserData))
        {
            throw new UsageException("option '--rm-user-data' is valid only for decommissioning");
        }

        var names = string.Join(", ", nodes.Select(node => node.DisplayName));
        if (!session.Has(session.Flags.Yes) && !await session.Terminal.ConfirmAsync(action.Question(session, names), session.Cancellation).ConfigureAwait(false))
        {
            return ExitCode.Failed;
        }

        var skip = session.Has(session.Flags.NoRebalance);
        var movesData = nodes.Any(node => node.IsTarget);
        if (skip && movesData && action.Action != "stop-maintenance")
        {
            session.Terminal.Warn(isDecommission
                ? $"'--no-rebalance' gives up what only {names} holds: objects may be lost"
                : $"'--no-rebalance' moves no data: what only {names} holds is unavailable while it is away, and lost if its disks are lost");
        }

        var change = new MembershipChange([.. nodes.Select(node => node.Id)])
        {
            SkipRebalance = skip,
            RemoveUserData = Given(session, session.Flags.RemoveUserData),
            KeepInitialConfig = Given(session, session.Flags.KeepInitialConfig),
            NoShutdown = Given(session, session.Flags.NoShutdown),
            Force = session.Names(session.Flags.Guard),
        };
        var reply = await session.Client.Lifecycle.ChangeAsync(action.Action, change, session.Cancellation).ConfigureAwait(false);
        var rebalance = reply.RebalanceId.Trim('"');
        Report(session, action, nodes, rebalance, hint: skip && movesData && !isDecommission);
        return ExitCode.Ok;
    }

    private static void Report(CliSession session, Lifecycle action, MapNode[] nodes, string rebalance, bool hint)
    {
        if (rebalance.Length > 0)
        {
            session.Out.WriteLine($"Started rebalance \"{rebalance}\" (to monitor, run 'ais show rebalance').");
        }

        if (hint)
        {
            session.Out.WriteLine("To put everything in its place later, run 'ais start rebalance'.");
        }

        foreach (var node in nodes)
        {
            var isAlready = rebalance.Length == 0 && ((action.Action == "start-maintenance" && (node.Flags & 20) == 20) || (action.Action == "stop-maintenance" && !node.IsInactive));
            session.Out.WriteLine(isAlready
                ? $"{node.DisplayName} is {(action.Action == "stop-maintenance" ? "active" : "in maintenance mode")} already, nothing to do"
                : action.Text(node.DisplayName, rebalance.Length > 0 && node.IsTarget));
        }

        if (action.Closing is { } closing)
        {
            session.Out.WriteLine();
            session.Out.WriteLine(closing);
        }
    }

    private static bool Given(CliSession session, System.CommandLine.Option<bool> flag) => session.Command.Options.Contains(flag) && session.Has(flag);

    private static async Task<MapNode[]> NamedNodesAsync(CliSession session)
    {
        session.Argument(0, "NODE_ID");
        var map = await session.Client.Cluster.GetMapAsync(session.Cancellation).ConfigureAwait(false);
        var nodes = new List<MapNode>();
        foreach (var name in session.Arguments.SelectMany(word => word.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)))
        {
            var node = Nodes.Find(map, name);
            if (nodes.Contains(node))
            {
                throw new UsageException($"{node.DisplayName} is specified more than once");
            }

            nodes.Add(node);
        }

        return [.. nodes];
    }

    private static string AskMaintenance(CliSession session, string names)
    {
        session.Terminal.Warn($"about to put {names} in maintenance mode");
        return "Proceed?";
    }

    private static string AskDecommission(CliSession session, string names)
    {
        session.Terminal.Warn($"about to decommission {names}: once its data is elsewhere it is erased and removed, which cannot be undone");
        return "Proceed?";
    }

    private static string ShutdownText(string node, bool rebalancing) =>
        rebalancing ? $"{node} is shutting down, please wait for cluster rebalancing to finish" : $"{node} has been shut down";

    private static string DecommissionText(string node, bool rebalancing) =>
        rebalancing ? $"{node} is being decommissioned, please wait for cluster rebalancing to finish..." : $"{node} has been decommissioned (permanently removed from the cluster)";

    private const string ShutdownNote = """
        Note: the node is _not_ decommissioned: it remains in the cluster map and can be started again at any time,
              then activated by 'ais cluster add-remove-nodes stop-maintenance'.
        """;

    /// <summary>What sets the actions apart.</summary>
    /// <param name="Action">Name of the action on the wire.</param>
    /// <param name="Question">What to ask before; may warn.</param>
    /// <param name="Text">What to say of a node afterwards; true when its data is still moving.</param>
    private sealed record Lifecycle(string Action, Func<CliSession, string, string> Question, Func<string, bool, string> Text)
    {
        /// <summary>Said once at the end.</summary>
        public string? Closing { get; init; }
    }
}
