using Starling.Client;
using Starling.Client.Cluster;
using Starling.Cli.Output;

namespace Starling.Cli.Commands.Cluster;

/// <summary><c>ais cluster shutdown</c> and <c>ais cluster decommission</c>: end the cluster as a whole.</summary>
internal static class WholeCluster
{
    /// <summary>The server's status when it names members that did not take the order.</summary>
    private const int NotAll = 502;

    private static readonly TimeSpan AbortWithin = TimeSpan.FromSeconds(5);

    public static CliCommand Shutdown(Flags flags) => new CliCommand("shutdown", "stop all nodes of the cluster; started again, they form the same cluster with all its data")
    {
        Run = ShutdownAsync,
    }.With(flags.EndGuard, flags.Yes).Takes();

    public static CliCommand Decommission(Flags flags) => new CliCommand("decommission", "destroy the cluster: all nodes forget it and stop; cannot be undone")
    {
        Run = DecommissionAsync,
    }.With(flags.RemoveAllUserData, flags.EndGuard, flags.Yes).Takes();

    private static async Task<int> ShutdownAsync(CliSession session)
    {
        session.AtMost(0);
        if (!session.Has(session.Flags.Yes))
        {
            session.Terminal.RequireAnswers("Shut down the whole cluster?");
            var map = await session.Client.Cluster.GetMapAsync(session.Cancellation).ConfigureAwait(false);
            if (!await session.Terminal.ConfirmAsync($"Shut down {Describe(map)}?", session.Cancellation).ConfigureAwait(false))
            {
                return ExitCode.Failed;
            }
        }

        return await EndAsync(session, "shutdown", removeUserData: false, "Cluster successfully shut down").ConfigureAwait(false);
    }

    private static async Task<int> DecommissionAsync(CliSession session)
    {
        session.AtMost(0);
        var removesData = session.Has(session.Flags.RemoveAllUserData);
        if (!session.Has(session.Flags.Yes))
        {
            session.Terminal.RequireAnswers("Decommission the whole cluster?");
            var map = await session.Client.Cluster.GetMapAsync(session.Cancellation).ConfigureAwait(false);
            session.Terminal.Warn($"about to decommission {Describe(map)}{(removesData ? " and to erase all its objects" : string.Empty)}: this cannot be undone");
            if (!await session.Terminal.ConfirmByNameAsync("the id of the cluster", map.Uuid, session.Cancellation).ConfigureAwait(false))
            {
                return ExitCode.Failed;
            }
        }
        else if (removesData && session.Terminal.ErrorIsTerminal)
        {
            session.Terminal.Warn($"in {AbortWithin.TotalSeconds:0} seconds the cluster is decommissioned and all its objects are erased: press Ctrl-C to abort");
            await Task.Delay(AbortWithin, session.Environment.Time, session.Cancellation).ConfigureAwait(false);
        }

        return await EndAsync(session, "decommission", removesData, "Cluster successfully decommissioned").ConfigureAwait(false);
    }

    private static async Task<int> EndAsync(CliSession session, string action, bool removeUserData, string done)
    {
        try
        {
            await session.Client.Lifecycle.EndClusterAsync(action, removeUserData, session.Names(session.Flags.EndGuard), session.Cancellation).ConfigureAwait(false);
        }
        catch (ApiException error) when (error.Status == NotAll)
        {
            throw new CliException(error.Message, ExitCode.Partial);
        }

        session.Out.WriteLine(done);
        return ExitCode.Ok;
    }

    private static string Describe(ClusterMap map) =>
        $"cluster {map.Uuid} ({(map.PrimaryId.Length > 0 ? $"primary p[{map.PrimaryId}]" : "no primary")}, gateways: {map.Gateways.Count}, targets: {map.Targets.Count})";
}
