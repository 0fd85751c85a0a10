using System.Diagnostics;
using Starling.Loader.Options;
using Starling.Loader.Work;

namespace Starling.Loader.Report;

/// <summary>Prints a line per kind of operation and interval while the workload runs, and the totals in the end.</summary>
internal sealed class Reporter(LoaderOptions options, Workload workload, TextWriter output)
{
    /// <summary>Timers of the runtime fire up to some milliseconds early or late.</summary>
    private static readonly TimeSpan Tolerance = TimeSpan.FromMilliseconds(20);

    private readonly TablePrinter table = new(output, options.Percentiles);
    private readonly JsonReport json = new();
    private readonly DateTimeOffset began = DateTimeOffset.Now;

    public long TotalErrors { get; private set; }

    private OperationStats[] Kinds => [workload.Puts, workload.Gets];

    public async Task RunAsync()
    {
        if (!options.Json)
        {
            table.Heading();
        }

        var run = Stopwatch.StartNew();
        var last = TimeSpan.Zero;
        if (options.StatsInterval == TimeSpan.Zero)
        {
            await EndAsync(Timeout.InfiniteTimeSpan);
            return;
        }

        for (var number = 1L; ; number++)
        {
            var isOver = await EndAsync(options.StatsInterval);
            var now = run.Elapsed;

            if (isOver && !IsComplete(number, options.StatsInterval, now))
            {
                return;
            }

            WriteInterval(last, now);
            last = now;
            if (isOver)
            {
                return;
            }
        }
    }

    public async Task FinishAsync(TimeSpan runTime)
    {
        var totals = Kinds.Select(kind => (kind.Name, kind.Cut().Total)).ToArray();
        TotalErrors = totals.Sum(total => total.Total.Errors);
        json.Add(began, runTime, totals);
        if (options.Json)
        {
            await using var text = new MemoryStream();
            json.Write(text);
            await output.WriteLineAsync(System.Text.Encoding.UTF8.GetString(text.ToArray()));
        }
        else
        {
            await output.WriteLineAsync();
            table.Heading();
            foreach (var (name, total) in totals.Where(total => !total.Total.IsEmpty))
            {
                table.Final(DateTime.Now, name, total, runTime);
            }
        }

        if (options.StatsOutput.Length > 0)
        {
            await using var file = File.Create(options.StatsOutput);
            json.Write(file);
        }

        if (!options.Json)
        {
            await output.WriteLineAsync($"Stats written to {(options.StatsOutput.Length > 0 ? options.StatsOutput : "/dev/stdout")}");
        }
    }

    /// <summary>
    /// Whether an interval, counted from 1, is over at a time since the start. The run may end exactly with an interval: whichever of the two is noticed
    /// first, the interval gets its line.
    /// </summary>
    internal static bool IsComplete(long number, TimeSpan interval, TimeSpan now) => now >= (interval * number) - Tolerance;

    private void WriteInterval(TimeSpan last, TimeSpan now)
    {
        var slices = Kinds.Select(kind => (kind.Name, Cut: kind.Cut())).ToArray();
        foreach (var (name, (interval, total)) in slices.Where(slice => !slice.Cut.Total.IsEmpty))
        {
            if (!options.Json)
            {
                table.Interval(DateTime.Now, name, interval, total, workload.Pending, now - last, now);
            }
        }

        json.Add(began + last, now - last, [.. slices.Select(slice => (slice.Name, slice.Cut.Interval))]);
    }

    /// <summary>Waits for the interval; true when the run is over.</summary>
    private async Task<bool> EndAsync(TimeSpan interval)
    {
        try
        {
            await Task.Delay(interval, workload.Ending);
            return false;
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }
}
