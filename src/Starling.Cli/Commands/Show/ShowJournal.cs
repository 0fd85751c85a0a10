using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Starling.Cli.Output;
using Starling.Core.Wire;

namespace Starling.Cli.Commands.Show;

/// <summary><c>ais show journal</c>: every committed change, with who, when and why.</summary>
internal static class ShowJournal
{
    public static CliCommand Build(Flags flags) =>
        new CliCommand("journal", "show committed changes of the cluster: who, what, when, why") { Run = RunAsync }
            .With(flags.JournalLimit, flags.Refresh, flags.Count, flags.NoHeaders, flags.DateTime, flags.Json).Takes();

    private static Task<int> RunAsync(CliSession session)
    {
        session.AtMost(0);
        var limit = (int)session.Number(session.Flags.JournalLimit, 50, 1, 1000);
        long seen = 0;
        return Monitor.RunAsync(session, 72, async () =>
        {
            var entries = await session.Client.Lifecycle.GetJournalAsync(limit, seen, session.Cancellation).ConfigureAwait(false);
            Print(session, entries);
            seen = entries.Length > 0 ? entries[^1].Index : seen;
            return (ExitCode.Ok, false);
        });
    }

    private static void Print(CliSession session, JournalEntryWire[] entries)
    {
        if (session.Has(session.Flags.Json))
        {
            session.Out.WriteLine(JsonText.Indented(JsonNode.Parse(JsonSerializer.SerializeToUtf8Bytes(entries, WireJson.Instance.JournalEntryWireArray))));
            return;
        }

        if (entries.Length == 0)
        {
            session.Out.WriteLine("No changes.");
            return;
        }

        var table = new Table(new Column("INDEX"), new Column("TIME"), new Column("WHO"), new Column("WHAT"), new Column("WHY", entries.Any(entry => entry.Why.Length > 0)));
        foreach (var entry in entries)
        {
            table.Add(
                entry.Index.ToString(CultureInfo.InvariantCulture), JobText.Time(session, entry.Time), entry.Who.Length > 0 ? entry.Who : "leader", entry.What,
                entry.Why.Length > 0 ? entry.Why : "-");
        }

        table.Write(session.Terminal, !session.Has(session.Flags.NoHeaders));
    }
}
