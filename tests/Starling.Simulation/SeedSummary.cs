using System.Globalization;

namespace Starling.Simulation;

/// <summary>Adds up many seeds and prints what they did.</summary>
public sealed class SeedSummary
{
    private const int LeastForCoverage = 200;
    private readonly Lock _lock = new();
    private readonly Coverage _coverage = new();
    private long _events;
    private long _acknowledged;
    private long _leastAcknowledged = long.MaxValue;
    private double _virtualSeconds;
    private int _passed;
    private int _failed;

    public int Failed => Volatile.Read(ref _failed);

    public void Add(SeedResult result)
    {
        lock (_lock)
        {
            _coverage.Add(result.Coverage);
            _events += result.Events;
            _virtualSeconds += result.VirtualNs / 1e9;
            _acknowledged += result.Acknowledged;
            _leastAcknowledged = Math.Min(_leastAcknowledged, result.Acknowledged);
            if (result.Failure is null)
            {
                _passed++;
                return;
            }

            _failed++;
            SeedReport.Failure(result, []);
        }
    }

    public int Print(CommandOptions options, TimeSpan elapsed)
    {
        var seconds = Math.Max(0.001, elapsed.TotalSeconds);
        foreach (var group in Enum.GetValues<Mark>().Where(m => m != Mark.None).Chunk(4))
        {
            Console.WriteLine(string.Concat(group.Select(m => $"{m,-26}{_coverage[m].ToString(CultureInfo.InvariantCulture),11}  ")));
        }

        var missing = _coverage.Missing().ToArray();

        // A range that is short, or was cut short, need not reach everything.
        var zeros = missing.Length > 0 && !options.AllowZeros && _failed == 0 && _passed >= options.Seeds && _passed >= LeastForCoverage;
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"seeds {options.From}..{options.From + _passed + _failed - 1}: {_passed + _failed} in {seconds:F1} s ({(_passed + _failed) / seconds:F1} seeds/s, {_events / seconds:F0} events/s), {_events} events, {_virtualSeconds:F0} virtual s, {_acknowledged} calls acknowledged (least in a seed {_leastAcknowledged})"));
        if (missing.Length > 0)
        {
            Console.WriteLine($"never happened: {string.Join(", ", missing)}");
        }

        Console.WriteLine($"Passed: {_passed}, Failed: {_failed + (zeros ? 1 : 0)}");
        return _failed > 0 || zeros ? 1 : 0;
    }
}

/// <summary>How a failing seed is told.</summary>
public static class SeedReport
{
    public static void Failure(SeedResult result, IReadOnlyList<string> recent)
    {
        var events = recent;
        if (events.Count == 0)
        {
            // Once more, with a trace: the same seed does the same again.
            var run = new SeedRun(result.Seed, TextWriter.Null);
            run.Run();
            events = run.World.Recent;
        }

        foreach (var line in events.Skip(Math.Max(0, events.Count - 40)))
        {
            Console.WriteLine("  " + (line.Length > 260 ? line[..260] : line));
        }

        Console.WriteLine($"seed {result.Seed} FAILS; again: ./dev sim --seed {result.Seed} --log FILE   ({result.Shape})");
        Console.WriteLine($"reason: {result.Failure!.Message}");
    }
}
