using Starling.Cli.Commands.Buckets;
using Starling.Cli.Commands.Cluster;
using Starling.Cli.Commands.Config;
using Starling.Cli.Commands.Jobs;
using Starling.Cli.Commands.Objects;
using Starling.Cli.Commands.Show;
using Starling.Cli.Completion;

namespace Starling.Cli.Commands;

/// <summary>The tree of commands: the one place that parser, help and completion learn it from.</summary>
internal static class CommandTree
{
    /// <summary>Short forms of commands that are typed often.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> Aliases { get; } =
    [
        new("create", "bucket create"), new("get", "object get"), new("ls", "bucket ls"), new("put", "object put"),
        new("rmb", "bucket rm"), new("rmo", "object rm"), new("cat", "object cat"), new("space-cleanup", "start cleanup"),
    ];

    /// <summary>Replaces an alias at the front by what it stands for.</summary>
    public static string[] ExpandAlias(string[] args)
    {
        var alias = args.Length == 0 ? default : Aliases.FirstOrDefault(pair => pair.Key == args[0]);
        return alias.Value is null ? args : [.. alias.Value.Split(' '), .. args[1..]];
    }

    public static CliCommand Build(Flags flags)
    {
        var root = new CliCommand("ais", "command line of the object store")
            .With(
                new CliCommand("bucket", "create, list, remove and configure buckets").With(
                    ListCommand.Build(flags), CreateBucket.Build(flags), RemoveBucket.Build(flags),
                    new CliCommand("props", "show and change properties of a bucket").With(
                        ShowProps.Build("show", flags), SetProps.Build(flags), ResetProps.Build()),
                    ShowProps.Build("show", flags)),
                new CliCommand("object", "store, read, remove and show objects").With(
                    PutCommand.Build(flags), GetCommand.Build(flags), CatCommand.Build(flags), RemoveObject.Build(flags), ShowObject.Build(flags), ExplainObject.Build(flags), ListCommand.Build(flags)),
                new CliCommand("cluster", "manage the cluster as a whole").With(
                    ShowCluster.Build("show", flags), SetPrimary.Build(), InitCluster.Build(flags), AddRemoveNodes.Build(flags), NodeSafety.Build(flags), OperationCommands.AttestOff(flags), OperationCommands.DeclareLost(flags),
                    WholeCluster.Shutdown(flags), WholeCluster.Decommission(flags),
                    new CliCommand("task", "show operations on nodes, take them back").With(OperationCommands.Show(flags), OperationCommands.Cancel(flags)),
                    new CliCommand("rebalance", "start, stop and show rebalances").With(
                        StartJob.Rebalance("start", flags), StopJob.Rebalance(flags), ShowRebalance.Build("show", flags))),
                new CliCommand("config", "show and change configuration").With(
                    ConfigShow(flags), ClusterConfig.Build(flags), NodeConfig.Build(flags), ResetConfig.Build()),
                new CliCommand("show", "show cluster, buckets, objects, configuration, jobs and logs").With(
                    ShowCluster.Build("cluster", flags), ShowProps.Build("bucket", flags), ShowObject.Build(flags, "object"), ConfigShow(flags, "config"),
                    ShowRebalance.Build("rebalance", flags), ShowJobs.Build("job", flags), ShowLog.Build("log", flags), ShowJournal.Build(flags)),
                new CliCommand("job", "start, stop, wait for and show jobs").With(StartJob.Build(flags), StopJob.Build(flags), WaitJob.Build(flags), ShowJobs.Build("show", flags)),
                StartJob.Build(flags), StopJob.Build(flags), WaitJob.Build(flags),
                new CliCommand("log", "show logs of nodes").With(ShowLog.Build("show", flags)),
                new CliCommand("advanced", "commands for experts").With(OperationCommands.RemoveDead(flags)),
                CompletionCommand.Build(),
                new CliCommand("alias", "show short forms of commands") { Run = ShowAliases },
                new CliCommand("version", "show the version") { Run = ShowVersion });
        return root.With(flags.Help, flags.Endpoint, flags.Color);
    }

    private static CliCommand ConfigShow(Flags flags, string name = "show") =>
        new CliCommand(name, "show configuration of the cluster or of a node").With(ClusterConfig.Build(flags, readOnly: true), NodeConfig.Build(flags, readOnly: true));

    private static Task<int> ShowAliases(CliSession session)
    {
        var table = new Output.Table(new Output.Column("ALIAS"), new Output.Column("COMMAND"));
        foreach (var (alias, command) in Aliases)
        {
            table.Add(alias, command);
        }

        table.Write(session.Terminal);
        return Task.FromResult(ExitCode.Ok);
    }

    private static Task<int> ShowVersion(CliSession session)
    {
        session.Out.WriteLine($"version {CliApp.Version}");
        return Task.FromResult(ExitCode.Ok);
    }
}
