namespace Starling.Cli.Commands.Jobs;

/// <summary><c>ais stop [NAME] [JOB_ID]</c> and <c>ais cluster rebalance stop</c>.</summary>
internal static class StopJob
{
    public static CliCommand Build(Flags flags) =>
        new CliCommand("stop", "stop a running job", "NAME | JOB_ID | NAME JOB_ID") { Run = RunAsync }.With(flags.StopForce, flags.Yes).Takes(Candidates.Jobs);

    public static CliCommand Rebalance(Flags flags) =>
        new CliCommand("stop", "stop the running rebalance") { Run = RebalanceAsync }.With(flags.StopForce).Takes();

    private static async Task<int> RunAsync(CliSession session)
    {
        session.Argument(0, "NAME");
        session.AtMost(2);
        var words = session.Arguments.Select(Bare).ToArray();
        var snapshots = await session.Client.Jobs.GetSnapshotsAsync(string.Empty, cancellation: session.Cancellation).ConfigureAwait(false);
        var jobs = snapshots.Values.SelectMany(jobs => jobs).Where(job => words.All(word => word == job.Kind || word == job.Id)).ToArray();
        var running = jobs.Where(job => job.IsRunning).Select(job => (job.Kind, job.Id)).Distinct().ToArray();
        if (running.Length == 0)
        {
            var shown = string.Join(' ', session.Arguments);
            session.Out.WriteLine(jobs.Length == 0 || !words.Contains(jobs[0].Id) ? $"No running {shown} jobs, nothing to do"
                : $"{jobs[0].Kind}[{jobs[0].Id}] {(jobs.Any(job => job.IsAborted) ? "is aborted" : "already finished")}, nothing to do");
            return ExitCode.Ok;
        }

        if (running.Length > 1 && !session.Has(session.Flags.Yes)
            && !await session.Terminal.ConfirmAsync($"Stop all '{words[0]}' jobs?", session.Cancellation).ConfigureAwait(false))
        {
            return ExitCode.Failed;
        }

        foreach (var (kind, id) in running)
        {
            await StopAsync(session, kind, id).ConfigureAwait(false);
        }

        return ExitCode.Ok;
    }

    private static async Task<int> RebalanceAsync(CliSession session)
    {
        session.AtMost(0);
        var id = await StartJob.RunningAsync(session).ConfigureAwait(false) ?? throw new CliException("rebalance is not running");
        await StopAsync(session, "rebalance", id).ConfigureAwait(false);
        return ExitCode.Ok;
    }

    private static async Task StopAsync(CliSession session, string kind, string id)
    {
        await session.Client.Jobs.StopAsync(kind, id, session.Has(session.Flags.StopForce), session.Cancellation).ConfigureAwait(false);
        session.Out.WriteLine($"Stopped {kind}[{id}]");
    }

    /// <summary><c>rebalance[g1]</c> names the same as <c>g1</c>.</summary>
    internal static string Bare(string word) => word.EndsWith(']') && word.IndexOf('[', StringComparison.Ordinal) is > 0 and var open ? word[(open + 1)..^1] : word;
}
