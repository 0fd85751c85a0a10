namespace Starling.Cli.Commands.Cluster;

/// <summary><c>ais cluster init</c>: nodes that found a damaged or a foreign past wait for a person to say so.</summary>
internal static class InitCluster
{
    public static CliCommand Build(Flags flags) =>
        new CliCommand("init", "start a new cluster out of the gateways that wait for it") { Run = RunAsync }.With(flags.DiscardPending, flags.Yes).Takes();

    private static async Task<int> RunAsync(CliSession session)
    {
        session.AtMost(0);
        var discard = session.Has(session.Flags.DiscardPending);
        if (discard && !session.Has(session.Flags.Yes))
        {
            session.Terminal.Warn("what the waiting nodes hold of their former cluster will be given up");
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
