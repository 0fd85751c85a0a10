namespace Starling.Cli.Commands.Config;

/// <summary><c>ais config reset cluster|NODE_ID</c>: drops local overrides.</summary>
internal static class ResetConfig
{
    public static CliCommand Build() =>
        new CliCommand("reset", "drop the overrides of all nodes, or of one", "cluster | NODE_ID") { Run = RunAsync }.Takes(Candidates.Nodes);

    private static async Task<int> RunAsync(CliSession session)
    {
        var what = session.Argument(0, "cluster\" or \"NODE_ID");
        session.AtMost(1);
        if (what == "cluster")
        {
            await session.Client.Cluster.ResetConfigAsync(session.Cancellation).ConfigureAwait(false);
            session.Out.WriteLine("Cluster config successfully reset to all defaults");
            return ExitCode.Ok;
        }

        var node = Nodes.Find(await session.Client.Cluster.GetMapAsync(session.Cancellation).ConfigureAwait(false), what);
        await session.Client.Cluster.ResetNodeConfigAsync(node.Id, session.Cancellation).ConfigureAwait(false);
        session.Out.WriteLine($"node {node.DisplayName} config successfully reset to all defaults");
        return ExitCode.Ok;
    }
}
