using Starling.Cli.Output;
using Starling.Client;
using Starling.Client.Cluster;
using Starling.Core.Wire;

namespace Starling.Cli.Commands.Cluster;

/// <summary><c>ais cluster node-status NODE</c>: one word on standard output, an exit code for scripts, the reasons on standard error.</summary>
internal static class NodeSafety
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    public static CliCommand Build(Flags flags) =>
        new CliCommand("node-status", "say whether a node may be powered off: code 0 when safe, 4 when not, 7 when '--timeout' has passed", "NODE_ID") { Run = RunAsync }
            .With(flags.WaitSafe, flags.Timeout, flags.Json).Takes(Candidates.Nodes);

    private static async Task<int> RunAsync(CliSession session)
    {
        var name = session.Argument(0, "NODE_ID");
        session.AtMost(1);
        var wait = session.Has(session.Flags.WaitSafe);
        var timeout = session.Value(session.Flags.Timeout) is { } text ? Durations.Parse(text, "--timeout") : Timeout.InfiniteTimeSpan;
        if (!wait && timeout != Timeout.InfiniteTimeSpan)
        {
            throw new UsageException("'--timeout' is only valid with '--wait-safe'");
        }

        var node = Nodes.Find(await session.Client.Cluster.GetMapAsync(session.Cancellation).ConfigureAwait(false), name);
        var started = session.Environment.Time.GetTimestamp();
        var said = string.Empty;
        while (true)
        {
            var state = await AskAsync(session, node).ConfigureAwait(false);
            var elapsed = session.Environment.Time.GetElapsedTime(started);
            var isLate = timeout != Timeout.InfiniteTimeSpan && elapsed >= timeout;
            if (state.IsSafe || !wait || isLate)
            {
                Print(session, state, node);
                return state.IsSafe ? ExitCode.Ok : wait ? ExitCode.TimedOut : ExitCode.Busy;
            }

            var reasons = string.Join("; ", state.Safety.Reasons);
            if (reasons != said)
            {
                said = reasons;
                session.Terminal.Note($"{node.DisplayName} is not safe to power off yet: {reasons}");
            }

            await Task.Delay(timeout == Timeout.InfiniteTimeSpan || timeout - elapsed > Period ? Period : timeout - elapsed, session.Environment.Time, session.Cancellation).ConfigureAwait(false);
        }
    }

    private static async Task<State> AskAsync(CliSession session, MapNode node)
    {
        try
        {
            var safety = await session.Client.Lifecycle.GetSafetyAsync(node.Id, session.Cancellation).ConfigureAwait(false);
            var members = await session.Client.Lifecycle.GetNodesAsync(session.Cancellation).ConfigureAwait(false);
            var word = safety.Verdict == SafetyWire.Safe ? "safe"
                : members.FirstOrDefault(member => member.Id == node.Id) is { State: "in" } ? "active"
                : safety.Verdict == SafetyWire.Unknown ? "unknown"
                : "draining";
            return new State(word, safety);
        }
        catch (ApiException error) when (error.IsNotFound)
        {
            // It was a member a moment ago: its decommission has come to its end.
            return new State("removed", new SafetyWire { Node = node.Id, Verdict = SafetyWire.Safe });
        }
        catch (ApiException error) when (error.Status == 503)
        {
            return new State("unknown", new SafetyWire { Node = node.Id, Verdict = SafetyWire.Unknown, Reasons = [error.Message] });
        }
    }

    private static void Print(CliSession session, State state, MapNode node)
    {
        if (session.Has(session.Flags.Json))
        {
            session.Out.WriteLine(JsonText.Indented(new System.Text.Json.Nodes.JsonObject
            {
                ["node"] = node.Id,
                ["status"] = state.Word,
                ["verdict"] = state.Safety.Verdict,
                ["reasons"] = new System.Text.Json.Nodes.JsonArray([.. state.Safety.Reasons.Select(reason => (System.Text.Json.Nodes.JsonNode?)reason)]),
                ["names"] = new System.Text.Json.Nodes.JsonArray([.. state.Safety.Names.Select(name => (System.Text.Json.Nodes.JsonNode?)name)]),
            }));
            return;
        }

        session.Out.WriteLine(session.Terminal.Paint(state.Word, state.IsSafe ? Colour.Cyan : Colour.Red));
        foreach (var reason in state.Safety.Reasons)
        {
            session.Terminal.Note(reason);
        }
    }

    private sealed record State(string Word, SafetyWire Safety)
    {
        public bool IsSafe => Safety.Verdict == SafetyWire.Safe;
    }
}
