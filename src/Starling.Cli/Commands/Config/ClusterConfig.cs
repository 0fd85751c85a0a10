using System.Text.Json.Nodes;

namespace Starling.Cli.Commands.Config;

/// <summary><c>ais config cluster</c>: without a value it shows, with one it sets.</summary>
internal static class ClusterConfig
{
    public static CliCommand Build(Flags flags, bool readOnly = false, string name = "cluster")
    {
        var command = new CliCommand(
            name, readOnly ? "show the cluster's configuration" : "show or change the cluster's configuration", readOnly ? "[SECTION]" : "[SECTION] | KEY=VALUE... | KEY VALUE")
        {
            Run = session => RunAsync(session, readOnly),
        };
        return (readOnly ? command : command.With(flags.Transient)).With(flags.Json, flags.NoHeaders).Takes(Candidates.ConfigSections);
    }

    private static async Task<int> RunAsync(CliSession session, bool readOnly)
    {
        if (readOnly)
        {
            session.AtMost(1);
        }

        var config = await session.Client.Cluster.GetConfigAsync(session.Cancellation).ConfigureAwait(false);
        if (readOnly || ConfigText.IsShow(session.Arguments))
        {
            ConfigText.Print(session, config, session.Arguments.Count == 0 ? string.Empty : session.Arguments[0]);
            return ExitCode.Ok;
        }

        var values = ConfigText.ParseAssignments(session.Arguments);
        ConfigText.CheckNames(config, values.Select(pair => pair.Key));
        await session.Client.Cluster.SetConfigAsync(values, session.Has(session.Flags.Transient), session.Cancellation).ConfigureAwait(false);
        JsonObject changed = await session.Client.Cluster.GetConfigAsync(session.Cancellation).ConfigureAwait(false);
        var sections = new JsonObject();
        foreach (var section in values.Select(pair => pair.Key.Split('.')[0]).Distinct().Where(changed.ContainsKey))
        {
            sections[section] = changed[section]?.DeepClone();
        }

        ConfigText.Print(session, sections, string.Empty);
        if (!session.Has(session.Flags.Json))
        {
            session.Out.WriteLine();
            session.Out.WriteLine("Cluster config updated");
        }

        return ExitCode.Ok;
    }
}
