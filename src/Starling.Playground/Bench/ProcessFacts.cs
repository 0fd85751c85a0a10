using System.Globalization;
using Starling.Playground.Nodes;

namespace Starling.Playground.Bench;

/// <summary>What /proc says of a process.</summary>
internal static class ProcessFacts
{
    private const double TicksPerSecond = 100;

    public static double CpuSeconds(int pid) => NodeProcess.ReadStat(pid) is { } stat
        ? (long.Parse(stat[11], CultureInfo.InvariantCulture) + long.Parse(stat[12], CultureInfo.InvariantCulture)) / TicksPerSecond
        : 0;

    public static IEnumerable<int> WithChildren(int pid)
    {
        yield return pid;
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), CultureInfo.InvariantCulture, out var other)
                && NodeProcess.ReadStat(other) is { } stat && int.Parse(stat[1], CultureInfo.InvariantCulture) == pid)
            {
                yield return other;
            }
        }
    }

    /// <summary>Proportional set size in bytes.</summary>
    public static long PssBytes(int pid)
    {
        var line = File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/smaps_rollup")).First(text => text.StartsWith("Pss:", StringComparison.Ordinal));
        return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
    }
}
