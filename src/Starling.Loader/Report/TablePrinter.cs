using System.Globalization;
using Starling.Loader.Options;

namespace Starling.Loader.Report;

/// <summary>The table of intervals: fixed start columns, so that scripts can cut it.</summary>
internal sealed class TablePrinter(TextWriter output, bool percentiles)
{
    public void Heading() => output.WriteLine(Row("Time", "OP", "Count", "Size (Total)", "Latency (min, avg, max)", "Throughput (Avg)", "Errors (Total)"));

    public void Interval(DateTime now, string operation, StatsSlice interval, StatsSlice total, int pending, TimeSpan intervalTime, TimeSpan runTime)
    {
        output.WriteLine(Row(
            Time(now),
            operation,
            $"{Units.Count(interval.Count)} ({Units.Count(total.Count)} {pending.ToString(CultureInfo.InvariantCulture)} 0)",
            $"{Units.Size(interval.Bytes, 1)} ({Units.Size(total.Bytes, 1)})",
            Latency(interval),
            $"{Throughput(interval.Bytes, intervalTime)} ({Throughput(total.Bytes, runTime)})",
            total.Errors == 0 ? "-" : $"{Units.Count(interval.Errors)} ({Units.Count(total.Errors)})"));
        Percentiles(interval);
    }

    public void Final(DateTime now, string operation, StatsSlice total, TimeSpan runTime)
    {
        output.WriteLine(Row(
            Time(now), operation, Units.Count(total.Count), Units.Size(total.Bytes, 1), Latency(total), Throughput(total.Bytes, runTime), total.Errors == 0 ? "-" : Units.Count(total.Errors)));
        Percentiles(total);
    }

    private static string Row(string time, string operation, string count, string size, string latency, string throughput, string errors) =>
        Pad(Pad(Pad(Pad(Pad(Pad(time, 10) + operation, 16) + count, 40) + size, 64) + latency, 104) + throughput, 128) + errors;

    private static string Pad(string text, int column) => text.Length < column ? text.PadRight(column) : text + " ";

    private static string Time(DateTime now) => now.ToString("HH:mm:ss", CultureInfo.InvariantCulture);

    private static string Latency(StatsSlice slice) => $"{Units.Latency(slice.MinNs),-11}{Units.Latency(slice.MeanNs),-11}{Units.Latency(slice.MaxNs),-11}".TrimEnd();

    private static string Throughput(long bytes, TimeSpan time) => bytes == 0 || time <= TimeSpan.Zero ? "-" : Units.Size(bytes / time.TotalSeconds, 2) + "/s";

    private void Percentiles(StatsSlice slice)
    {
        if (percentiles)
        {
            output.WriteLine(new string(' ', 64) + $"p50 {Units.Latency(slice.P50Ns)}  p90 {Units.Latency(slice.P90Ns)}  p99 {Units.Latency(slice.P99Ns)}  p99.9 {Units.Latency(slice.P999Ns)}");
        }
    }
}
