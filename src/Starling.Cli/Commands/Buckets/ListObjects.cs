using System.Globalization;
using System.Text.Json.Nodes;
using Starling.Cli.Naming;
using Starling.Cli.Output;
using Starling.Client;
using Starling.Client.Buckets;
using Starling.Core.Wire;

namespace Starling.Cli.Commands.Buckets;

/// <summary>The objects of one bucket: count, summary, pages or everything.</summary>
internal static class ListObjects
{
    private const string AllProperties = "name,size,checksum,atime,version,copies,custom,location,status";

    /// <summary>Totals are worth a line from this many names on.</summary>
    private const int FooterAbove = 10;

    private static readonly TimeSpan AnnounceAfter = TimeSpan.FromSeconds(8);

    private static readonly string[] Statuses = ["ok", "misplaced(cluster)", "misplaced(mountpath)", "replica", "replica(object-is-missing)"];

    public static async Task<int> RunAsync(CliSession session, BucketUri uri)
    {
        var units = Units.Parse(session.Value(session.Flags.UnitsKind));
        var prefix = PrefixOf(session, uri);
        if (session.Has(session.Flags.Summary))
        {
            var totals = ListCommand.SummaryTable();
            await ListCommand.AddSummaryAsync(session, totals, uri.Bucket, prefix, units).ConfigureAwait(false);
            totals.Write(session.Terminal, !session.Has(session.Flags.NoHeaders));
            return ExitCode.Ok;
        }

        var properties = PropertiesOf(session);
        var request = new ListOptions
        {
            Prefix = prefix,
            Properties = properties,
            Flags = FlagsOf(session, properties),
            PageSize = (int)session.Number(session.Flags.PageSize, 0, 0, 10_000_000),
            Limit = session.Number(session.Flags.Limit, 0, 0, long.MaxValue),
            StartAfter = session.Value(session.Flags.StartAfter) ?? string.Empty,
        };
        try
        {
            return await ListAsync(session, uri, request, units).ConfigureAwait(false);
        }
        catch (ApiException error) when (error.IsNotFound)
        {
            throw BucketErrors.NotFound(uri.Bucket);
        }
    }

    private static async Task<int> ListAsync(CliSession session, BucketUri uri, ListOptions request, Units units)
    {
        var time = session.Environment.Time;
        var started = time.GetTimestamp();
        var (countOnly, paged, json) = (session.Has(session.Flags.CountOnly), session.Has(session.Flags.Paged), session.Has(session.Flags.Json));
        var maxPages = session.Number(session.Flags.MaxPages, long.MaxValue, 1, long.MaxValue);
        var (count, pages) = (0L, 0L);
        var all = new JsonArray();
        await foreach (var page in session.Client.Buckets.ListPagesAsync(uri.Bucket, request, session.Cancellation).ConfigureAwait(false))
        {
            count += page.Entries.Count;
            pages++;
            if (json)
            {
                foreach (var entry in page.Entries)
                {
                    all.Add((JsonNode)JsonOf(entry));
                }
            }
            else if (!countOnly && page.Entries.Count > 0)
            {
                Print(session, page, request.Properties, units, headings: (pages == 1 || paged) && !session.Has(session.Flags.NoHeaders));
                if (paged)
                {
                    session.Out.WriteLine($"{session.Terminal.Paint($"Page {pages}:", Colour.Blue)} {Units.Count(page.Entries.Count)} names");
                }
            }

            if (session.Terminal.ErrorIsTerminal && (countOnly || json) && time.GetElapsedTime(started) > AnnounceAfter)
            {
                await session.Terminal.Error.WriteAsync($"\rListed {Units.Count(count)} names").ConfigureAwait(false);
            }

            if (pages == maxPages)
            {
                break;
            }
        }

        Finish(session, uri, countOnly ? $" in {Durations.Format(time.GetElapsedTime(started))}" : null, count, json ? all : null);
        return ExitCode.Ok;
    }

    private static void Finish(CliSession session, BucketUri uri, string? took, long count, JsonArray? json)
    {
        if (json is not null)
        {
            session.Out.WriteLine(JsonText.Indented(json));
        }
        else if (took is not null)
        {
            session.Out.WriteLine($"{session.Terminal.Paint("Listed", Colour.Blue)} {Units.Count(count)} names{took}");
        }
        else if (count == 0)
        {
            session.Out.WriteLine($"No objects in {uri.Bucket.Cname}");
        }
        else if (count > FooterAbove && !session.Has(session.Flags.NoFooters))
        {
            session.Out.WriteLine($"{session.Terminal.Paint("Listed", Colour.Blue)} {Units.Count(count)} names");
        }
    }

    private static void Print(CliSession session, ListedPage page, string properties, Units units, bool headings)
    {
        var wanted = properties.Split(',');
        var isLocal = wanted.Contains("status") && !session.Has(session.Flags.NameOnly);
        var table = new Table(
            new Column("NAME"), new Column("SIZE", wanted.Contains("size")), new Column("CHECKSUM", wanted.Contains("checksum")), new Column("ATIME", wanted.Contains("atime")),
            new Column("VERSION", wanted.Contains("version")), new Column("COPIES", wanted.Contains("copies")), new Column("CUSTOM", wanted.Contains("custom")),
            new Column("LOCATION", wanted.Contains("location")), new Column("STATUS", isLocal));
        foreach (var entry in page.Entries)
        {
            var colour = entry.IsDirectory ? Colour.Green : Colour.None;
            table.Add(
                new Cell(entry.Name, colour), entry.IsDirectory ? string.Empty : units.Size(entry.SizeBytes), Dash(entry.Checksum), Dash(entry.AccessTime), Dash(entry.Version),
                entry.Copies == 0 ? "-" : entry.Copies.ToString(CultureInfo.InvariantCulture), Dash(entry.Custom), Dash(entry.Location), StatusOf(entry));
        }

        table.Write(session.Terminal, headings);

        static string Dash(string? text) => string.IsNullOrEmpty(text) ? "-" : text;
    }

    private static string StatusOf(ListedObject entry) => (entry.Flags & 31) is var status && status < Statuses.Length ? Statuses[status] : "n/a";

    private static string PrefixOf(CliSession session, BucketUri uri)
    {
        var flag = session.Value(session.Flags.Prefix);
        if (flag is null || uri.Rest.Length == 0)
        {
            return flag ?? uri.Rest;
        }

        if (flag != uri.Rest)
        {
            throw new UsageException($"prefix \"{uri.Rest}\" in \"{uri}\" and '--prefix {flag}' contradict each other: give one of them");
        }

        session.Terminal.Warn($"'--prefix {flag}' repeats what \"{uri}\" says");
        return flag;
    }

    private static string PropertiesOf(CliSession session)
    {
        if (session.Has(session.Flags.NameOnly) || session.Has(session.Flags.CountOnly))
        {
            return session.Has(session.Flags.NameOnly) && session.Value(session.Flags.Props) is not null
                ? throw new UsageException("flags '--name-only' and '--props' are mutually exclusive")
                : "name";
        }

        var text = session.Value(session.Flags.Props);
        var status = session.Has(session.Flags.All) ? ",status" : string.Empty;
        if (text is null or "")
        {
            return "name,size" + status;
        }

        if (text == "all")
        {
            return AllProperties;
        }

        var names = text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var unknown = names.FirstOrDefault(name => !AllProperties.Split(',').Contains(name));
        return unknown is null
            ? string.Join(',', names.Prepend("name").Distinct()) + status
            : throw new UsageException($"invalid property \"{unknown}\" in '--props': expecting some of {AllProperties}, or all");
    }

    private static ulong FlagsOf(CliSession session, string properties) =>
        (properties == "name" ? ListFlags.NameOnly : properties == "name,size" ? ListFlags.NameSize : 0)
        | (session.Has(session.Flags.NonRecursive) ? ListFlags.NoRecursion : 0)
        | (session.Has(session.Flags.All) ? ListFlags.Missing : 0);

    private static JsonObject JsonOf(ListedObject entry)
    {
        var json = new JsonObject { ["name"] = entry.Name, ["size"] = entry.SizeBytes };
        Add("checksum", entry.Checksum);
        Add("atime", entry.AccessTime);
        Add("version", entry.Version);
        Add("location", entry.Location);
        Add("custom-md", entry.Custom);
        return json;

        void Add(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value))
            {
                json[name] = value;
            }
        }
    }
}
