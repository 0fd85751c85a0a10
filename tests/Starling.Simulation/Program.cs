using System.Diagnostics;
using System.Globalization;
using Starling.Simulation;
using Starling.Simulation.Mutants;
using Starling.Simulation.Scripts;

var options = CommandOptions.Parse(args);
if (options.Error is not null)
{
    await Console.Error.WriteLineAsync(options.Error);
    return 2;
}

return options.Command switch
{
    "mutants" => await MutateAsync(options),
    _ when options.Script is not null => RunScripts(options),
    _ when options.CheckDeterminism => await CompareAsync(options),
    _ when options.Seed is { } seed => RunOne(seed, options),
    _ => RunMany(options),
};

static int RunOne(ulong seed, CommandOptions options)
{
    using var log = options.Log is null ? null : new StreamWriter(options.Log);
    var run = new SeedRun(seed, log);
    var result = run.Run();
    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"seed {seed}: {result.Shape}; {result.Events} events, {result.VirtualNs / 1e9:F0} virtual s, {result.Acknowledged} acknowledged, trace {result.TraceHash:x16}"));
    if (result.Failure is null)
    {
        Console.WriteLine("Passed: 1, Failed: 0");
        return 0;
    }

    SeedReport.Failure(result, run.World.Recent);
    Console.WriteLine("Passed: 0, Failed: 1");
    return 1;
}

static int RunMany(CommandOptions options)
{
    var watch = Stopwatch.StartNew();
    var summary = new SeedSummary();
    var next = options.From - 1;
    var end = options.From + options.Seeds - 1;
    var workers = Enumerable.Range(0, options.Workers).Select(_ => new Thread(() =>
    {
        while (true)
        {
            var seed = Interlocked.Increment(ref next);
            if (seed > end || (options.FirstFailure && summary.Failed > 0) || summary.Failed >= 20 || (options.BudgetSeconds > 0 && watch.Elapsed.TotalSeconds > options.BudgetSeconds))
            {
                return;
            }

            summary.Add(new SeedRun((ulong)seed).Run());
        }
    })).ToList();
    workers.ForEach(w => w.Start());
    workers.ForEach(w => w.Join());
    return summary.Print(options, watch.Elapsed);
}

static int RunScripts(CommandOptions options)
{
    if (options.Script == "list")
    {
        foreach (var name in ScriptCatalog.Names)
        {
            Console.WriteLine(name);
        }

        return 0;
    }

    using var log = options.Log is null ? null : new StreamWriter(options.Log);
    try
    {
        ScriptCatalog.Run(options.Script!, log);
        Console.WriteLine("Passed: 1, Failed: 0");
        return 0;
    }
    catch (CheckFailedException e)
    {
        Console.WriteLine($"script {options.Script} fails; again: ./dev sim --script {options.Script} --log FILE");
        Console.WriteLine($"reason: {e.Message}");
        Console.WriteLine("Passed: 0, Failed: 1");
        return 1;
    }
}

static async Task<int> CompareAsync(CommandOptions options)
{
    var failed = 0;
    var seeds = options.Seed is { } one ? [one] : Enumerable.Range((int)options.From, (int)options.Seeds).Select(i => (ulong)i).ToArray();
    foreach (var seed in seeds)
    {
        var first = await TraceAsync(seed);
        var second = await TraceAsync(seed);
        if (first != second)
        {
            failed++;
            Console.WriteLine($"seed {seed} is not deterministic: {first} and {second}");
        }
    }

    Console.WriteLine($"determinism, each seed in two processes: Passed: {seeds.Length - failed}, Failed: {failed}");
    return failed == 0 ? 0 : 1;
}

static async Task<string> TraceAsync(ulong seed)
{
    var start = new ProcessStartInfo(Environment.ProcessPath!, ["run", "--seed", seed.ToString(CultureInfo.InvariantCulture)]) { RedirectStandardOutput = true };
    using var process = Process.Start(start)!;
    var text = await process.StandardOutput.ReadToEndAsync();
    await process.WaitForExitAsync();
    return text.Split('\n')[0];
}

static async Task<int> MutateAsync(CommandOptions options)
{
    var mutants = MutantCatalog.All.Where(m => (!options.Quick || m.Quick) && (options.Only is null || m.Name == options.Only)).ToArray();
    return await new MutantRunner(Directory.GetCurrentDirectory(), Console.Out).RunAsync(mutants, options.Quick ? 200 : 2_000, parallel: 2);
}
