namespace Starling.Cli.Commands.Cluster;

/// <summary>
/// <c>ais cluster shutdown</c> and <c>ais cluster decommission</c>, which end the cluster as a whole: known by name, not offered, with what to do instead.
/// </summary>
internal static class WholeCluster
{
    public static CliCommand Shutdown(Flags flags) => NotOffered(
        "shutdown",
        "stop the processes of all nodes as their machines do it; started again, they form the same cluster and have everything that was acknowledged").With(flags.Yes);

    public static CliCommand Decommission(Flags flags) => NotOffered(
        "decommission",
        "take nodes out by 'ais cluster add-remove-nodes decommission NODE_ID...'; the last ones are stopped by hand, and their directories removed").With(flags.RemoveUserData, flags.Yes);

    private static CliCommand NotOffered(string name, string instead) => new CliCommand(name, "not offered by this version")
    {
        Run = _ => throw new CliException($"'{name}' of the whole cluster is not offered by this version: {instead}"),
    }.Takes();
}
