using System.Globalization;
using System.Text.Json.Nodes;
using Starling.Cli.Naming;
using Starling.Cli.Output;
using Starling.Client.Objects;

namespace Starling.Cli.Commands.Objects;

/// <summary><c>ais object show BUCKET/OBJECT</c>.</summary>
internal static class ShowObject
{
    private const string Properties = "name,size,checksum,atime,version,custom,location,copies,ec,chunked";

    public static CliCommand Build(Flags flags, string name = "show") =>
        new CliCommand(name, "show properties of an object", "BUCKET/OBJECT") { Run = RunAsync }
            .With(flags.Props, flags.UnitsKind, flags.NoHeaders, flags.Json).Takes(Candidates.Buckets);

    private static async Task<int> RunAsync(CliSession session)
    {
        var uri = BucketUri.ParseObject(session.Argument(0, "BUCKET/OBJECT"));
        session.AtMost(1);
        var units = Units.Parse(session.Value(session.Flags.UnitsKind));
        var wanted = session.Value(session.Flags.Props) is { Length: > 0 } text and not "all" ? text.Split(',', StringSplitOptions.TrimEntries) : Properties.Split(',');
        var unknown = wanted.FirstOrDefault(name => !Properties.Split(',').Contains(name));
        if (unknown is not null)
        {
            throw new UsageException($"invalid property \"{unknown}\" in '--props': expecting some of {Properties}, or all");
        }

        var properties = await ObjectErrors.OnAsync(session, uri, () => session.Client.Objects.HeadAsync(uri.Bucket, uri.Rest, Properties, session.Cancellation)).ConfigureAwait(false);
        var rows = Rows(uri, properties, units).Where(row => wanted.Contains(row.Name)).ToArray();
        if (session.Has(session.Flags.Json))
        {
            session.Out.WriteLine(JsonText.Indented(new JsonObject(rows.Select(row =>
                KeyValuePair.Create(row.Name, row.Name == "size" ? JsonValue.Create(properties.SizeBytes) : (JsonNode?)JsonValue.Create(row.Value))))));
            return ExitCode.Ok;
        }

        var table = new Table(new Column("PROPERTY"), new Column("VALUE"));
        foreach (var (name, value) in rows)
        {
            table.Add(name, value);
        }

        table.Write(session.Terminal, !session.Has(session.Flags.NoHeaders));
        return ExitCode.Ok;
    }

    private static IEnumerable<(string Name, string Value)> Rows(BucketUri uri, ObjectProperties properties, Units units)
    {
        yield return ("atime", properties.AccessTime?.ToString("dd MMM yy HH:mm 'UTC'", CultureInfo.InvariantCulture) ?? "-");
        yield return ("checksum", properties.ChecksumValue.Length == 0 ? "-" : $"{properties.ChecksumType}[{properties.ChecksumValue}]");
        yield return ("chunked", properties.Chunks > 0 ? $"{properties.Chunks} chunks" : "no");
        yield return ("copies", properties.Copies == 0 ? "-" : properties.Copies.ToString(CultureInfo.InvariantCulture));
        yield return ("custom", properties.Custom.Count == 0 ? "-" : string.Join(", ", properties.Custom.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value}")));
        yield return ("location", properties.Location.Length == 0 ? "-" : properties.Location);
        yield return ("name", uri.ToString());
        yield return ("size", units.Size(properties.SizeBytes));
        yield return ("version", properties.Version.Length == 0 ? "-" : properties.Version);
    }
}
