using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Starling.Playground.Nodes;

namespace Starling.Playground.Bench;

/// <summary>What one run of the load generator measured.</summary>
/// <param name="Operations">Completed requests.</param>
/// <param name="Bytes">Payload.</param>
/// <param name="Errors">Failed requests.</param>
/// <param name="Seconds">How long it ran.</param>
/// <param name="P99Ms">99th percentile of the latency, milliseconds.</param>
/// <param name="ServerCpuSeconds">CPU time that the server used meanwhile.</param>
internal sealed record Sample(long Operations, long Bytes, long Errors, double Seconds, double P99Ms, double ServerCpuSeconds)
{
    public double OperationsPerSecond => Operations / Seconds;

    public double BytesPerSecond => Bytes / Seconds;
}

/// <summary>Runs <c>aisloader</c> as a user would and reads its JSON.</summary>
internal static class LoaderRun
{
    /// <summary>The name that it gives the object of this number when names are not to be random: the number in hexadecimal digits.</summary>
    public static string Name(int number) => number.ToString("x", CultureInfo.InvariantCulture);

    public static async Task<Sample> RunAsync(ToolPaths tools, string endpoint, IEnumerable<string> arguments, Func<double> serverCpuSeconds, CancellationToken cancellation)
    {
        var put = false;
        var info = new ProcessStartInfo("dotnet", ["exec", tools.Loader, "-quiet", "-json", "-statsinterval=0", "-cleanup=false"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in arguments)
        {
            put |= argument == "-pctput=100";
            info.ArgumentList.Add(argument);
        }

        info.Environment["AIS_ENDPOINT"] = endpoint;
        var before = serverCpuSeconds();
        using var process = Process.Start(info) ?? throw new PlaygroundException("cannot start aisloader");
        var output = process.StandardOutput.ReadToEndAsync(cancellation);
        var error = process.StandardError.ReadToEndAsync(cancellation);
        await process.WaitForExitAsync(cancellation);
        var text = await output;
        var cpu = serverCpuSeconds() - before;
        var json = text.IndexOf("\n[", StringComparison.Ordinal);
        if (process.ExitCode != 0 || json < 0)
        {
            throw new PlaygroundException($"aisloader {string.Join(' ', info.ArgumentList.Skip(2))} failed: {await error}{text}");
        }

        var end = text.LastIndexOf(']') + 1;
        using var document = JsonDocument.Parse(text[(json + 1)..end]);
        var side = document.RootElement[document.RootElement.GetArrayLength() - 1].GetProperty(put ? "put" : "get");
        return new Sample(
            long.Parse(side.GetProperty("count").GetString()!, CultureInfo.InvariantCulture),
            long.Parse(side.GetProperty("bytes").GetString()!, CultureInfo.InvariantCulture),
            side.GetProperty("errors").GetInt64(),
            side.GetProperty("duration").GetInt64() / 1e9,
            side.GetProperty("p99_latency").GetInt64() / 1e6,
            cpu);
    }
}
