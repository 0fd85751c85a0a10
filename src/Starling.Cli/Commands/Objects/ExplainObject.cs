using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Starling.Cli.Naming;
using Starling.Cli.Output;
using Starling.Core.Wire;

namespace Starling.Cli.Commands.Objects;

/// <summary><c>ais object explain BUCKET/OBJECT</c>: whose it is and was, where copies lie, who would answer.</summary>
internal static class ExplainObject
{
    public static CliCommand Build(Flags flags) =>
        new CliCommand("explain", "say who owns an object and why, where its copies are, and who would answer now", "BUCKET/OBJECT") { Run = RunAsync }
            .With(flags.Json, flags.UnitsKind).Takes(Candidates.Buckets);

    private static async Task<int> RunAsync(CliSession session)
    {
        var uri = BucketUri.ParseObject(session.Argument(0, "BUCKET/OBJECT"));
        session.AtMost(1);
        var units = Units.Parse(session.Value(session.Flags.UnitsKind));
        var answer = await session.Client.Lifecycle.ExplainAsync(uri.Bucket, uri.Rest, session.Cancellation).ConfigureAwait(false);
        if (session.Has(session.Flags.Json))
        {
            session.Out.WriteLine(JsonText.Indented(JsonNode.Parse(JsonSerializer.SerializeToUtf8Bytes(answer, WireJson.Instance.ExplainWire))));
            return ExitCode.Ok;
        }

        session.Out.WriteLine(session.Terminal.Paint(uri.ToString(), Colour.Blue));
        session.Out.WriteLine($"   {"Owner:",-12}{Name(answer.Owner)} (epoch {answer.Epoch.ToString(CultureInfo.InvariantCulture)}, digest {answer.Digest})");
        if (answer.Candidates.Length > 0)
        {
            session.Out.WriteLine($"   {"Also asked:",-12}{string.Join(", ", answer.Candidates.Select(Name))}");
        }

        session.Out.WriteLine($"   {"A GET now:",-12}{answer.Answer}");
        session.Out.WriteLine();
        var owners = new Table(new Column("EPOCH"), new Column("OWNER"), new Column("WHY"));
        foreach (var owner in answer.Owners)
        {
            owners.Add(owner.Epoch.ToString(CultureInfo.InvariantCulture), Name(owner.Owner), owner.Why.Length > 0 ? owner.Why : "-");
        }

        owners.Write(session.Terminal);
        session.Out.WriteLine();
        var copies = new Table(
            new Column("TARGET"), new Column("STATE"), new Column("SIZE"), new Column("VERSION"), new Column("CHECKSUM"), new Column("KEY"), new Column("MOUNTPATH"),
            new Column("NOTE", answer.Copies.Any(copy => copy.Note.Length > 0)));
        foreach (var copy in answer.Copies)
        {
            var isThere = copy.State is not ("absent" or "unreachable" or "unreadable");
            copies.Add(
                Name(copy.Node), new Cell(copy.State, copy.State is "unreachable" or "unreadable" or "quarantined" ? Colour.Red : copy.State == "live" ? Colour.Green : Colour.None),
                isThere && copy.State != "tombstone" ? units.Size(copy.Size) : "-", Or(copy.Version), Or(copy.Checksum), Or(copy.Key), Or(copy.Mountpath), Or(copy.Note));
        }

        copies.Write(session.Terminal);
        return ExitCode.Ok;

        static string Or(string text) => text.Length > 0 ? text : "-";
        static string Name(string id) => id.Length > 0 ? $"t[{id}]" : "none";
    }
}
