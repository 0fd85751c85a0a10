namespace Starling.Cli.Commands.Cluster;

/// <summary><c>ais cluster init</c>: founds a cluster on one gateway whose directory is empty; the others join it.</summary>
internal static class InitCluster
{
    public static CliCommand Build(Flags flags) =>
        new CliCommand("init", "found a new cluster on an empty gateway; the other nodes join it") { Run = RunAsync }.With(flags.DiscardPending, flags.Yes).Takes();

    private static async Task<int> RunAsync(CliSession session)
    {
        session.AtMost(0);
        var discard = session.Has(session.Flags.DiscardPending);
        if (discard && !session.Has(session.Flags.Yes))
        {
            session.Terminal.Warn("about to give up a founding that another gateway proposed: only right when that gateway is gone for good");
            if (!await session.Terminal.ConfirmAsync("Proceed?", session.Cancellation).ConfigureAwait(false))
            {
                return ExitCode.Failed;
            }
        }

        await session.Client.Cluster.InitAsync(discard, session.Cancellation).ConfigureAwait(false);
        session.Out.WriteLine("Cluster successfully initialized");
        return ExitCode.Ok;
    }
}
