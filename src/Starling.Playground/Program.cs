using System.CommandLine;
using System.Globalization;
using Starling.Playground;
using Starling.Playground.Bench;
using Starling.Playground.Nodes;
using Starling.Playground.Tour;
using Starling.Playground.Trials;

const int MaxPort = 60_000;
var directory = new Option<string>("--dir") { Description = "Folder of the playground", DefaultValueFactory = _ => ".playground", Recursive = true };
var port = new Option<int>("--port") { Description = "Public port of the first gateway; every node takes the next one, its control and data ports lie 1000 and 2000 above", DefaultValueFactory = _ => 8080 };
var gateways = new Option<int>("--gateways") { Description = "Number of gateways", DefaultValueFactory = _ => 3 };
var targets = new Option<int>("--targets") { Description = "Number of targets", DefaultValueFactory = _ => 6 };
var mountpaths = new Option<int>("--mountpaths") { Description = "Mountpaths per target", DefaultValueFactory = _ => 2 };
var detach = new Option<bool>("--detach") { Description = "Return when the cluster is healthy and leave it running" };
var tour = new Option<bool>("--tour") { Description = "Run the story: real files, readers and writers, kills, a power cycle, targets that leave and come back, and a comparison of every byte" };
var quick = new Option<bool>("--quick") { Description = "With --tour: fewer files and shorter acts, two to three minutes" };
var sabotage = new Option<string?>("--sabotage") { Description = "With --tour: damage one object behind the cluster's back; the tour must end with FAIL" };
sabotage.AcceptOnlyFromAmong("lose-one", "corrupt-one", "resurrect-one", "early-verdict");

var powerCut = new Option<string?>("--power-cut") { Description = "With --tour: run this script with 'cut' and 'restore' around the power cycle", Hidden = true };

var files = new Option<int?>("--files") { Description = "With --tour: at most so many real files", Hidden = true };
var smallObjects = new Option<int?>("--small-objects") { Description = "With --tour: so many small objects", Hidden = true };
var actSeconds = new Option<double?>("--act-seconds") { Description = "With --tour: length of an act", Hidden = true };
var noOperations = new Option<bool>("--no-operations") { Description = "With --tour: leave out that targets leave and come back", Hidden = true };
var noKills = new Option<bool>("--no-kills") { Description = "With --tour: leave the processes alone", Hidden = true };

var root = new RootCommand("A Starling cluster of real processes on this machine.") { directory, port, gateways, targets, mountpaths, detach, tour, quick, sabotage, powerCut, files, smallObjects, actSeconds, noOperations, noKills };
foreach (var option in new[] { gateways, targets, mountpaths })
{
    option.Validators.Add(result =>
    {
        if (result.GetValueOrDefault<int>() is < 1 or > 64)
        {
            result.AddError($"{result.Option.Name} must be between 1 and 64");
        }
    });
}

port.Validators.Add(result =>
{
    // Of every node three ports; the highest lies 2000 and the number of nodes above the first.
    if (result.GetValueOrDefault<int>() is < 1024 or > MaxPort)
    {
        result.AddError($"--port must be between 1024 and {MaxPort}: control and data ports lie 1000 and 2000 above");
    }
});

root.SetAction((parsed, cancellation) => Guarded(async () =>
{
    var request = new StartRequest(parsed.GetValue(port), parsed.GetValue(gateways), parsed.GetValue(targets), parsed.GetValue(mountpaths), parsed.GetValue(detach));
    var place = new PlaygroundDirectory(parsed.GetValue(directory)!);
    return parsed.GetValue(tour)
        ? await TourCommand.RunAsync(place, request, Tour(parsed), Console.Out, cancellation)
        : await StartCommand.RunAsync(place, request, Console.Out, cancellation);
}));

var status = new Command("status", "Shows every node: process, health, leader");
status.SetAction((parsed, cancellation) => Guarded(() => NodeCommands.StatusAsync(Open(parsed), Console.Out, cancellation)));
var delete = new Option<bool>("--delete") { Description = "Remove the playground's folder as well" };
var stop = new Command("stop", "Stops all nodes, or one") { delete };
var stopNode = new Argument<string?>("NODE") { Arity = ArgumentArity.ZeroOrOne, Description = "Node id, t[id] or port" };
stop.Arguments.Add(stopNode);
stop.SetAction((parsed, cancellation) => Guarded(() => NodeCommands.StopAsync(Open(parsed), parsed.GetValue(stopNode), parsed.GetValue(delete), Console.Out, cancellation)));
root.Subcommands.Add(status);
root.Subcommands.Add(stop);
var bench = new Command("bench", "Measures this build beside nginx and writes the figures as Markdown") { Hidden = true };
var benchOutput = new Option<string>("--output") { DefaultValueFactory = _ => "docs/benchmarks.md" };
var rounds = new Option<int>("--rounds") { DefaultValueFactory = _ => 5 };
var seconds = new Option<int>("--seconds") { DefaultValueFactory = _ => 3 };
var objects = new Option<int>("--objects") { DefaultValueFactory = _ => 500_000 };
var benchPort = new Option<int>("--first-port") { DefaultValueFactory = _ => 38080 };
var only = new Option<string>("--only") { DefaultValueFactory = _ => string.Empty, Description = "One part: requests, get (of small and middle objects), listing or idle" };
only.AcceptOnlyFromAmong("requests", "get", "listing", "idle");
foreach (var option in new Option[] { benchOutput, rounds, seconds, objects, benchPort, only })
{
    bench.Options.Add(option);
}

bench.SetAction((parsed, cancellation) => Guarded(() => BenchCommand.RunAsync(
    new BenchOptions(parsed.GetValue(benchOutput)!, parsed.GetValue(rounds), parsed.GetValue(seconds), parsed.GetValue(objects), parsed.GetValue(benchPort), parsed.GetValue(only)!), Console.Out, cancellation)));
root.Subcommands.Add(bench);
var leaderKills = new Command("leaderkills", "Kills the leader again and again under load and lists how soon the next bucket could be created") { Hidden = true };
var kills = new Option<int>("--kills") { DefaultValueFactory = _ => 20 };
leaderKills.Options.Add(kills);
leaderKills.SetAction((parsed, cancellation) => Guarded(() => LeaderKillsCommand.RunAsync(
    new PlaygroundDirectory(parsed.GetValue(directory)!),
    new StartRequest(parsed.GetValue(port), parsed.GetValue(gateways), parsed.GetValue(targets), parsed.GetValue(mountpaths), Detach: true),
    new LeaderKillsOptions(parsed.GetValue(kills)), Console.Out, cancellation)));
root.Subcommands.Add(leaderKills);
var trial = new Command("trial", "Runs one of the long trials") { Hidden = true };
var trialName = new Argument<string>("NAME");
trialName.AcceptOnlyFromAmong([.. Trial.All.Keys]);
var trialObjects = new Option<int?>("--objects");
var trialRuns = new Option<int?>("--runs");
var trialSettings = new Option<string[]>("--set") { Description = "NAME=VALUE: the cluster's configuration during the trial" };
trialSettings.Validators.Add(result =>
{
    foreach (var token in result.Tokens.Where(token => !token.Value.Contains('=', StringComparison.Ordinal)))
    {
        result.AddError($"--set {token.Value}: expected NAME=VALUE, for example --set pace.max_bytes_per_second=1MiB");
    }
});
trial.Arguments.Add(trialName);
trial.Options.Add(trialObjects);
trial.Options.Add(trialRuns);
trial.Options.Add(trialSettings);
trial.SetAction((parsed, cancellation) => Guarded(() =>
{
    var name = parsed.GetValue(trialName)!;
    var usual = Trial.All[name].Usual;
    return Trial.RunAsync(
        name,
        new PlaygroundDirectory(parsed.GetValue(directory)!),
        new StartRequest(parsed.GetValue(port), parsed.GetValue(gateways), parsed.GetValue(targets), parsed.GetValue(mountpaths), Detach: true),
        new TrialOptions(parsed.GetValue(trialObjects) ?? usual.Objects, parsed.GetValue(trialRuns) ?? usual.Runs) { Settings = parsed.GetValue(trialSettings) ?? [] },
        Console.Out, cancellation);
}));
root.Subcommands.Add(trial);
var path = new Argument<string>("PATH") { Description = "A directory of the filesystem" };
var shutdown = new Command("shutdown-filesystem", "Forces a filesystem down without flushing anything, as a power cut would (root only)") { path };
shutdown.Hidden = true;
shutdown.SetAction((parsed, _) => Guarded(() => Task.FromResult(FilesystemShutdown.Run(parsed.GetValue(path)!))));
root.Subcommands.Add(shutdown);
foreach (var (name, text, run) in new (string, string, Func<Supervisor, string, TextWriter, CancellationToken, Task<int>>)[]
{
    ("kill", "Ends a node with SIGKILL, as a crash would", NodeCommands.KillAsync),
    ("start", "Starts a node that does not run", NodeCommands.StartAsync),
    ("restart", "Stops and starts a node", NodeCommands.RestartAsync),
})
{
    var node = new Argument<string>("NODE") { Description = "Node id, t[id] or port" };
    var command = new Command(name, text) { node };
    command.SetAction((parsed, cancellation) => Guarded(() => run(Open(parsed), parsed.GetValue(node)!, Console.Out, cancellation)));
    root.Subcommands.Add(command);
}

var given = root.Parse(args);
if (given.Errors.Count > 0)
{
    foreach (var error in given.Errors)
    {
        await Console.Error.WriteLineAsync($"playground: {error.Message}");
    }

    await Console.Error.WriteLineAsync("playground: nothing was started or stopped; ./playground --help shows what there is");
    return 2;
}

return await given.InvokeAsync();

TourOptions Tour(ParseResult parsed)
{
    var usual = new TourOptions(parsed.GetValue(quick), parsed.GetValue(sabotage), parsed.GetValue(powerCut));
    return usual with
    {
        MaxFiles = parsed.GetValue(files) ?? usual.MaxFiles,
        SmallObjects = parsed.GetValue(smallObjects) ?? usual.SmallObjects,
        ActLength = parsed.GetValue(actSeconds) is { } length ? TimeSpan.FromSeconds(length) : usual.ActLength,
        Kills = !parsed.GetValue(noKills),
        Operations = !parsed.GetValue(noOperations),
    };
}

Supervisor Open(ParseResult parsed)
{
    var place = new PlaygroundDirectory(parsed.GetValue(directory)!);
    return new Supervisor(place, place.Load(), ToolPaths.Find());
}

static async Task<int> Guarded(Func<Task<int>> action)
{
    try
    {
        return await action();
    }
    catch (PlaygroundException e)
    {
        await Console.Error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"playground: {e.Message}"));
        return 2;
    }
    catch (Exception e) when (e is IOException or UnauthorizedAccessException)
    {
        await Console.Error.WriteLineAsync($"playground: {e.Message} Make sure that the folder can be written and has room, or choose another with --dir");
        return 2;
    }
    catch (OperationCanceledException)
    {
        return 130;
    }
}
