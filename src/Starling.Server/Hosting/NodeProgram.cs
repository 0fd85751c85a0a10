using System.CommandLine;
using System.Runtime.InteropServices;
using Starling.Core.Errors;
using Starling.Server.Options;

namespace Starling.Server.Hosting;

/// <summary>The command line of <c>aisnode</c>: options in, exit code out. 0: stopped in order; 1: stopped, and something was left undone; 2: it could not start, and said why.</summary>
internal static class NodeProgram
{
    private const int StoppedWithFault = 1;
    private const int CannotStart = 2;

    public static async Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter errors, NodeApiFactory api)
    {
        var config = new Option<string>("--config") { Description = "JSON file with the same settings (keys are the option names without dashes)" };
        var given = new Dictionary<NodeSetting, Option>();
        var command = new RootCommand(
            "Runs one node of a Starling cluster. Every option can also be set in the file of --config, or in the environment as STARLING_<NAME> or AIS_<NAME>.") { config };
        foreach (var setting in NodeSetting.All)
        {
            Option option = setting.IsFlag
                ? new Option<bool>("--" + setting.Name) { Description = setting.Description }
                : new Option<string[]>("--" + setting.Name) { Description = setting.Description, Arity = ArgumentArity.OneOrMore };
            given.Add(setting, option);
            command.Options.Add(option);
        }

        command.SetAction((parsed, _) => StartAsync(parsed, parsed.GetValue(config), given, output, errors, api));
        var result = command.Parse(arguments);
        if (result.Errors.Count > 0)
        {
            return Report(errors, [.. result.Errors.Select(error => error.Message)]);
        }

        return await result.InvokeAsync(new InvocationConfiguration { Output = output, Error = errors, ProcessTerminationTimeout = null });
    }

    private static async Task<int> StartAsync(
        ParseResult parsed, string? configFile, Dictionary<NodeSetting, Option> given, TextWriter output, TextWriter errors, NodeApiFactory api)
    {
        var values = new SettingValues();
        foreach (var (setting, option) in given)
        {
            if (parsed.GetResult(option) is { Implicit: false })
            {
                values.Add(setting.Name, setting.IsFlag ? [parsed.GetValue((Option<bool>)option) ? "true" : "false"] : parsed.GetValue((Option<string[]>)option)!, "--" + setting.Name);
            }
        }

        if (NodeOptionsReader.Read(values, configFile, Environment.GetEnvironmentVariable, out var problems) is not { } options)
        {
            return Report(errors, problems);
        }

        var stop = new TaskCompletionSource<PosixSignal>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var starting = new CancellationTokenSource();
        void OnSignal(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.TrySetResult(context.Signal);
            starting.Cancel();
        }

        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, OnSignal);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, OnSignal);
        try
        {
            await using var node = await NodeHost.StartAsync(options, output, api, new NodeEnvironment(), starting.Token);
            await Task.WhenAny(stop.Task, node.StopRequested);
            return await StopAsync(node, errors);
        }
        catch (StoreException problem)
        {
            return Report(errors, [problem.Message]);
        }
        catch (OperationCanceledException) when (stop.Task.IsCompleted)
        {
            return 0;
        }
    }

    private static async Task<int> StopAsync(NodeHost node, TextWriter errors)
    {
        try
        {
            await node.StopAsync();
            return 0;
        }
        catch (StoreException problem)
        {
            await errors.WriteLineAsync($"aisnode: {problem.Message}");
            return StoppedWithFault;
        }
    }

    private static int Report(TextWriter errors, IReadOnlyList<string> problems)
    {
        foreach (var problem in problems)
        {
            errors.WriteLine($"aisnode: {problem}");
        }

        errors.WriteLine("aisnode: not started; see aisnode --help");
        return CannotStart;
    }
}
