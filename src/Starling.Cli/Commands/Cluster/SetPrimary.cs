namespace Starling.Cli.Commands.Cluster;

/// <summary><c>ais cluster set-primary NODE_ID</c>.</summary>
internal static class SetPrimary
{
    public static CliCommand Build() =>
        new CliCommand("set-primary", "hand the primary role to another gateway", "NODE_ID") { Run = RunAsync }.Takes(Candidates.Gateways);

    private static async Task<int> RunAsync(CliSession session)
    {
        var name = session.Argument(0, "NODE_ID");
        session.AtMost(1);
        var map = await session.Client.Cluster.GetMapAsync(session.Cancellation).ConfigureAwait(false);
        var node = Nodes.Find(map, name);
        var refusal = node switch
        {
            { IsTarget: true } => "is not a proxy",
            _ when (node.Flags & 8) != 0 => "is currently being decommissioned",
            _ when (node.Flags & 4) != 0 => "is currently in maintenance",
            { IsNonElectable: true } => "is non-electable",
            _ => null,
        };
        if (refusal is not null)
        {
            throw new CliException($"{node.DisplayName} {refusal}");
        }

        if (node.Id == map.PrimaryId)
        {
            session.Out.WriteLine($"{node.DisplayName} is primary already, nothing to do");
            return ExitCode.Ok;
        }

        await session.Client.Cluster.SetPrimaryAsync(node.Id, session.Cancellation).ConfigureAwait(false);
        session.Out.WriteLine($"{node.DisplayName} is now a new primary");
        return ExitCode.Ok;
    }
}
