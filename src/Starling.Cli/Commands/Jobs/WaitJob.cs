using Starling.Cli.Output;
using Starling.Client.Jobs;

namespace Starling.Cli.Commands.Jobs;

/// <summary><c>ais wait [NAME] [JOB_ID]</c>: returns when the job has ended.</summary>
internal static class WaitJob
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    public static CliCommand Build(Flags flags) =>
        new CliCommand("wait", "wait until a job has ended", "NAME | JOB_ID | NAME JOB_ID") { Run = RunAsync }.With(flags.Timeout, flags.Refresh).Takes(Candidates.Jobs);

    private static async Task<int> RunAsync(CliSession session)
    {
        session.Argument(0, "NAME");
        session.AtMost(2);
        var timeout = session.Value(session.Flags.Timeout) is { } text ? Durations.Parse(text, "--timeout") : Timeout.InfiniteTimeSpan;
        var period = session.Value(session.Flags.Refresh) is { } refresh ? Durations.Parse(refresh, "--refresh") : Period;
        var words = session.Arguments.Select(StopJob.Bare).ToArray();
        var started = session.Environment.Time.GetTimestamp();
        (string Kind, string Id)? watched = null;
        while (true)
        {
            var jobs = await FindAsync(session, words, watched?.Id).ConfigureAwait(false);
            var running = jobs.FirstOrDefault(job => job.IsRunning);
            if (watched is null && running is not null)
            {
                watched = (running.Kind, running.Id);
                session.Out.WriteLine($"Waiting for {running.Kind}[{running.Id}] ...");
            }

            if (running is null)
            {
                return End(session, jobs, watched);
            }

            var elapsed = session.Environment.Time.GetElapsedTime(started);
            if (timeout != Timeout.InfiniteTimeSpan && elapsed >= timeout)
            {
                throw new CliException(
                    $"timed out waiting for {running.Kind}[{running.Id}]: it still runs after {Durations.Format(timeout)}; wait on with 'ais wait {running.Kind} {running.Id}'", ExitCode.TimedOut);
            }

            if (session.Value(session.Flags.Refresh) is not null)
            {
                session.Terminal.Error.WriteLine($"In progress...({elapsed.TotalSeconds:0}s elapsed)");
            }

            await session.Out.FlushAsync(session.Cancellation).ConfigureAwait(false);
            await Task.Delay(timeout == Timeout.InfiniteTimeSpan || timeout - elapsed > period ? period : timeout - elapsed, session.Environment.Time, session.Cancellation).ConfigureAwait(false);
        }
    }

    private static async Task<JobSnapshot[]> FindAsync(CliSession session, string[] words, string? watched)
    {
        // A rebalance whose id is known may have ended and be asked for by it; otherwise only what runs counts.
        var snapshots = await session.Client.Jobs.GetSnapshotsAsync(string.Empty, watched ?? string.Empty, null, session.Cancellation).ConfigureAwait(false);
        return snapshots.Values.SelectMany(jobs => jobs).Where(job => watched is null ? words.All(word => word == job.Kind || word == job.Id) : job.Id == watched).ToArray();
    }

    private static int End(CliSession session, JobSnapshot[] jobs, (string Kind, string Id)? watched)
    {
        if (watched is not var (kind, id))
        {
            session.Out.WriteLine($"No running {string.Join(' ', session.Arguments)} jobs, nothing to wait for");
            return ExitCode.Ok;
        }

        if (jobs.Any(job => job.IsAborted))
        {
            throw new CliException($"{kind}[{id}] was aborted");
        }

        var errors = jobs.Select(job => job.Error).Where(error => error.Length > 0).Distinct().ToArray();
        if (errors.Length > 0)
        {
            throw new CliException($"{kind}[{id}] finished with errors:\n{string.Join('\n', errors.Take(3))}\nTo see all, run 'ais show {(kind == "rebalance" ? "rebalance" : "job")} {id}'", ExitCode.Partial);
        }

        session.Out.WriteLine("Done.");
        return ExitCode.Ok;
    }
}
