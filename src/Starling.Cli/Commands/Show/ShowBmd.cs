using System.Globalization;
using System.Text.Json.Nodes;
using Starling.Cli.Output;
using Starling.Client.Transport;

namespace Starling.Cli.Commands.Show;

/// <summary><c>ais show cluster bmd [NODE_ID]</c>.</summary>
internal static class ShowBmd
{
    public static CliCommand Build(Flags flags) =>
        new CliCommand("bmd", "show the buckets' metadata, as the gateway or a given node has it", "[NODE_ID]") { Run = RunAsync }
            .With(flags.Json, flags.NoHeaders).Takes(Candidates.Nodes);

    private static async Task<int> RunAsync(CliSession session)
    {
        session.AtMost(1);
        var nodeId = session.Arguments.Count == 0 ? null
            : Nodes.Find(await session.Client.Cluster.GetMapAsync(session.Cancellation).ConfigureAwait(false), session.Arguments[0]).Id;
        var json = await session.Client.Cluster.GetBucketMetadataJsonAsync(nodeId, session.Cancellation).ConfigureAwait(false);
        if (session.Has(session.Flags.Json))
        {
            session.Out.WriteLine(JsonText.Indented(json));
            return ExitCode.Ok;
        }

        var table = new Table(
            new Column("PROVIDER"), new Column("NAMESPACE"), new Column("NAME"), new Column("BACKEND"), new Column("COPIES"), new Column("EC"), new Column("CREATED"));
        foreach (var (provider, namespaces) in json.Members("providers"))
        {
            foreach (var (scope, buckets) in namespaces as JsonObject ?? [])
            {
                foreach (var (name, props) in buckets as JsonObject ?? [])
                {
                    table.Add(provider, scope == "@#" ? "-" : scope, name, BackendOf(props), CopiesOf(props), CodingOf(props), CreatedOf(props));
                }
            }
        }

        table.Write(session.Terminal, !session.Has(session.Flags.NoHeaders));
        session.Out.WriteLine();
        session.Out.WriteLine($"Version: {json.Text("version")}");
        session.Out.WriteLine($"UUID: {json.Text("uuid")}");
        return ExitCode.Ok;
    }

    private static string BackendOf(JsonNode? props) => props.Member("backend_bck") is { } backend && backend.Text("name").Length > 0 ? $"{backend.Text("provider")}://{backend.Text("name")}" : "-";

    private static string CopiesOf(JsonNode? props) => props.Member("mirror") is { } mirror && mirror.Bool("enabled") ? mirror.Text("copies") : "1";

    private static string CodingOf(JsonNode? props) => props.Member("ec") is { } ec && ec.Bool("enabled") ? $"D={ec.Text("data_slices")}, P={ec.Text("parity_slices")}" : "-";

    private static string CreatedOf(JsonNode? props) => props.Int64("created") is > 0 and var nanoseconds
        ? DateTimeOffset.UnixEpoch.AddTicks(nanoseconds / TimeSpan.NanosecondsPerTick).ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)
        : "-";
}
