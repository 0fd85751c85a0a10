using Starling.Cli.Output;

namespace Starling.Cli.Commands;

/// <summary>Repeats a report as <c>--refresh</c> and <c>--count</c> say; nothing is redrawn, so that the output makes a good log.</summary>
internal static class Monitor
{
    /// <param name="session">The command.</param>
    /// <param name="lineWidth">Width of the line between two reports.</param>
    /// <param name="report">Prints one report; returns the exit code, or null when there is nothing left to watch.</param>
    public static async Task<int> RunAsync(CliSession session, int lineWidth, Func<Task<(int Code, bool Done)>> report)
    {
        var period = session.Value(session.Flags.Refresh) is { } text ? Durations.Parse(text, "--refresh") : (TimeSpan?)null;
        var count = session.Number(session.Flags.Count, period is null ? 1 : long.MaxValue, long.MinValue, long.MaxValue);
        if (count < 1)
        {
            session.Terminal.Warn($"'--count {count}' makes no sense, printing 1 report");
            count = 1;
        }

        if (period is { TotalSeconds: < 1 })
        {
            session.Terminal.Warn("the shortest period of '--refresh' is 1s");
            period = TimeSpan.FromSeconds(1);
        }

        for (long i = 1; ; i++)
        {
            var (code, done) = await report().ConfigureAwait(false);
            if (i == count || (done && period is not null))
            {
                return code;
            }

            await session.Out.FlushAsync(session.Cancellation).ConfigureAwait(false);
            await Task.Delay(period ?? TimeSpan.FromSeconds(5), session.Environment.Time, session.Cancellation).ConfigureAwait(false);
            session.Out.WriteLine(session.Terminal.Paint(new string('-', count == long.MaxValue ? lineWidth : 16), Colour.Cyan));
        }
    }
}
