using System.Text.Json.Nodes;
using Starling.Cli.Naming;
using Starling.Cli.Output;
using Starling.Core.Names;

namespace Starling.Cli.Commands.Buckets;

/// <summary><c>ais ls [BUCKET[/PREFIX]]</c>: buckets, or the objects of one.</summary>
internal static class ListCommand
{
    public static CliCommand Build(Flags flags) =>
        new CliCommand("ls", "list buckets, or objects of a bucket", "[BUCKET[/PREFIX]] [PROVIDER]") { Run = RunAsync }
            .With(
                flags.All, flags.CountOnly, flags.Prefix, flags.Paged, flags.Limit, flags.PageSize, flags.MaxPages, flags.StartAfter, flags.NameOnly, flags.NonRecursive,
                flags.Props, flags.Summary, flags.UnitsKind, flags.NoHeaders, flags.NoFooters, flags.Json)
            .Takes(Candidates.Buckets);

    private static Task<int> RunAsync(CliSession session)
    {
        session.AtMost(1);
        var text = session.Arguments.Count == 0 ? string.Empty : session.Arguments[0];
        var provider = BucketUri.QueriedProvider(text);
        return text.Length == 0 || provider is not null ? BucketsAsync(session, provider) : ListObjects.RunAsync(session, BucketUri.Parse(text));
    }

    private static async Task<int> BucketsAsync(CliSession session, string? provider)
    {
        var buckets = await session.Client.Buckets.ListAsync(provider, session.Has(session.Flags.All), session.Cancellation).ConfigureAwait(false);
        if (session.Has(session.Flags.Json))
        {
            var json = new JsonArray(buckets.Select(bucket => (JsonNode)new JsonObject { ["name"] = bucket.Name, ["provider"] = bucket.Provider, ["namespace"] = bucket.Namespace }).ToArray());
            session.Out.WriteLine(JsonText.Indented(json));
            return ExitCode.Ok;
        }

        if (buckets.Count == 0)
        {
            session.Out.WriteLine("No buckets in the cluster.");
            return ExitCode.Ok;
        }

        var summary = session.Has(session.Flags.Summary);
        var units = Units.Parse(session.Value(session.Flags.UnitsKind));
        foreach (var group in buckets.GroupBy(bucket => bucket.Provider))
        {
            var table = summary ? SummaryTable() : new Table(new Column("NAME"), new Column("PRESENT"));
            foreach (var bucket in group)
            {
                if (summary)
                {
                    await AddSummaryAsync(session, table, bucket, string.Empty, units).ConfigureAwait(false);
                }
                else
                {
                    table.Add(bucket.Cname, "yes");
                }
            }

            table.Write(session.Terminal, !session.Has(session.Flags.NoHeaders));
            if (!session.Has(session.Flags.NoFooters))
            {
                session.Out.WriteLine(session.Terminal.Paint($"Total: [{group.Key.ToUpperInvariant()} buckets: {group.Count()}] ========", Colour.Cyan));
            }
        }

        return ExitCode.Ok;
    }

    /// <summary>The columns of a summary: OBJECTS is "present remote", SIZE "apparent, objects, remote".</summary>
    public static Table SummaryTable() =>
        new(new Column("NAME"), new Column("PRESENT"), new Column("OBJECTS"), new Column("SIZE (apparent, objects, remote)"), new Column("USAGE(%)"));

    public static async Task AddSummaryAsync(CliSession session, Table table, BucketName bucket, string prefix, Units units)
    {
        var totals = await BucketErrors.OnAsync(bucket, () => session.Client.Buckets.SummarizeAsync(bucket, prefix, session.Cancellation)).ConfigureAwait(false);
        table.Add(
            bucket.Cname, "yes", $"{totals.ObjectCount} 0", $"{units.Size(totals.DiskSizeBytes)} {units.Size(totals.ApparentSizeBytes)} {units.Size(0)}", $"{totals.UsedPercent}%");
    }
}
