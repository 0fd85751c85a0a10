using System.Globalization;
using Starling.Cli.Output;
using Starling.Core.Wire;

namespace Starling.Cli.Commands.Show;

/// <summary>What the table of <c>ais show rebalance</c> has no columns for: how far it is, how fast, who gives what to whom, what is in its way.</summary>
internal static class RebalanceDetails
{
    public static void Write(CliSession session, RebalanceWire rebalance, Units units)
    {
        var terminal = session.Terminal;
        terminal.Out.WriteLine();
        terminal.Out.WriteLine(terminal.Paint($"{rebalance.Id} ({(rebalance.Action.Length > 0 ? rebalance.Action : "automatic")}): {Done(rebalance.Percent, rebalance.EtaSeconds)}", Colour.Cyan));
        if (rebalance.Blocked is { } block)
        {
            terminal.Out.WriteLine($"   {terminal.Paint("blocked:", Colour.Red)} {block.Text}{(block.Names.Length > 0 ? $" ({string.Join(", ", block.Names)})" : string.Empty)}");
        }

        foreach (var target in rebalance.Targets)
        {
            if (!target.Answers)
            {
                var isThrough = target.Stage == RebalanceTargetWire.EndedStage;
                terminal.Out.WriteLine($"   t[{target.Node}]: {terminal.Paint("does not answer", isThrough ? Colour.Cyan : Colour.Red)}{(isThrough ? ", but its part was done" : string.Empty)}");
                continue;
            }

            var rate = target.ObjectsPerSecond > 0
                ? string.Create(CultureInfo.InvariantCulture, $", {target.ObjectsPerSecond:0} objects/s, {units.Size((long)target.BytesPerSecond)}/s")
                : string.Empty;
            var present = target.PresentObjects > 0 ? $", {target.PresentObjects} ({units.Size(target.PresentBytes)}) not sent: the receivers had them" : string.Empty;
            terminal.Out.WriteLine($"   t[{target.Node}]: {target.Stage}, {Done(target.Percent, target.EtaSeconds)}{rate}, {target.VerifiedObjects} verified, {target.RevivedObjects} revived{present}");
            Peers("to", target.To);
            Peers("from", target.From);
            foreach (var error in target.Errors)
            {
                terminal.Out.WriteLine($"      {terminal.Paint("error:", Colour.Red)} {error.Subject}{(error.Node.Length > 0 ? $" at t[{error.Node}]" : string.Empty)}: {error.Message}");
            }

            if (target.ErrorCount > target.Errors.Length)
            {
                terminal.Out.WriteLine($"      ... {target.ErrorCount - target.Errors.Length} more errors");
            }
        }

        void Peers(string direction, RebalancePeerWire[] peers)
        {
            if (peers.Length > 0)
            {
                terminal.Out.WriteLine($"      {direction} {string.Join(", ", peers.Select(peer => $"t[{peer.Node}] {peer.Objects} ({units.Size(peer.Bytes)})"))}");
            }
        }
    }

    /// <summary>How much is done and how long the rest takes; nothing is promised before it is known.</summary>
    private static string Done(double percent, long etaSeconds) =>
        $"{percent.ToString("0", CultureInfo.InvariantCulture)}%{(etaSeconds > 0 ? $", about {Durations.Format(TimeSpan.FromSeconds(etaSeconds))} left" : string.Empty)}";
}
