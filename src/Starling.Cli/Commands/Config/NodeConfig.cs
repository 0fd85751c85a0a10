using System.Text.Json.Nodes;
using Starling.Cli.Output;

namespace Starling.Cli.Commands.Config;

/// <summary><c>ais config node NODE_ID [inherited|local|all] [SECTION | KEY=VALUE...]</c>.</summary>
internal static class NodeConfig
{
    private static readonly string[] LocalSections = ["confdir", "log_dir", "host_net", "fspaths", "test_fspaths"];

    public static CliCommand Build(Flags flags, bool readOnly = false)
    {
        var command = new CliCommand(
            "node", readOnly ? "show a node's configuration" : "show or change a node's configuration",
            readOnly ? "NODE_ID [inherited|local|all [SECTION]]" : "NODE_ID [inherited|local|all] [SECTION | KEY=VALUE...]")
        {
            Run = session => RunAsync(session, readOnly),
        };
        return (readOnly ? command : command.With(flags.Transient)).With(flags.Json, flags.NoHeaders).Takes(Candidates.Nodes, Candidates.ConfigSections);
    }

    private static async Task<int> RunAsync(CliSession session, bool readOnly)
    {
        var name = session.Argument(0, "NODE_ID");
        var node = Nodes.Find(await session.Client.Cluster.GetMapAsync(session.Cancellation).ConfigureAwait(false), name);
        var words = session.Arguments.Skip(1).ToArray();
        var scope = words.Length > 0 && words[0] is "inherited" or "local" or "all" ? words[0] : null;
        words = scope is null ? words : words[1..];
        var config = await session.Client.Cluster.GetNodeConfigAsync(node.Id, session.Cancellation).ConfigureAwait(false);
        if (readOnly || ConfigText.IsShow(words))
        {
            session.AtMost(scope is null ? 2 : 3);
            await ShowAsync(session, config, scope ?? "all", words.Length == 0 ? string.Empty : words[0]).ConfigureAwait(false);
            return ExitCode.Ok;
        }

        if (scope == "local")
        {
            throw new UsageException("a node's local configuration is read-only here: change its configuration file and restart the node");
        }

        var values = ConfigText.ParseAssignments(words);
        ConfigText.CheckNames(config, values.Select(pair => pair.Key));
        await session.Client.Cluster.SetNodeConfigAsync(node.Id, values, session.Has(session.Flags.Transient), session.Cancellation).ConfigureAwait(false);
        var changes = new JsonObject(values.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)JsonValue.Create(pair.Value))));
        session.Out.WriteLine(JsonText.Indented(changes));
        session.Out.WriteLine();
        session.Out.WriteLine($"node {node.DisplayName} config updated");
        return ExitCode.Ok;
    }

    private static async Task ShowAsync(CliSession session, JsonObject config, string scope, string section)
    {
        var chosen = new JsonObject(config.Where(pair => scope == "all" || LocalSections.Contains(pair.Key) == (scope == "local"))
            .Select(pair => KeyValuePair.Create(pair.Key, pair.Value?.DeepClone())));
        if (scope != "inherited" || session.Has(session.Flags.Json))
        {
            ConfigText.Print(session, chosen, section);
            return;
        }

        var defaults = JsonText.Flatten(await session.Client.Cluster.GetConfigAsync(session.Cancellation).ConfigureAwait(false))
            .DistinctBy(pair => pair.Key).ToDictionary(pair => pair.Key, pair => pair.Value);
        var table = new Table(new Column("PROPERTY"), new Column("VALUE"), new Column("DEFAULT"));
        foreach (var (property, value) in JsonText.Flatten(JsonText.OwnKnobsFirst(chosen)))
        {
            if (section.Length == 0 || property == section || property.StartsWith(section + ".", StringComparison.Ordinal))
            {
                table.Add(property, value, defaults.GetValueOrDefault(property, value) is var inherited && inherited == value ? "-" : inherited);
            }
        }

        table.Write(session.Terminal, !session.Has(session.Flags.NoHeaders));
    }
}
