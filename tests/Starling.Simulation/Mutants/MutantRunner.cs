using System.Diagnostics;

namespace Starling.Simulation.Mutants;

/// <summary>Plants each mutant in a copy of the protocol, builds the copy, and runs scripts and then seeds of this very simulator against it until one fails.</summary>
public sealed class MutantRunner(string repository, TextWriter output)
{
    private static readonly TimeSpan BuildDeadline = TimeSpan.FromMinutes(3);
    private readonly string _work = Path.Combine(repository, "artifacts", "mutants");

    public async Task<int> RunAsync(IReadOnlyList<Mutant> mutants, int maxSeeds, int parallel)
    {
        Directory.CreateDirectory(_work);
        using var gate = new SemaphoreSlim(parallel);
        var missed = 0;
        await output.WriteLineAsync($"{"mutant",-44} {"rule",-5} {"s",4} {"caught by",-58} check");
        await Task.WhenAll(mutants.Select(async mutant =>
        {
            await gate.WaitAsync();
            try
            {
                var result = await TryOneAsync(mutant, maxSeeds);
                Interlocked.Add(ref missed, result.Caught ? 0 : 1);
                await output.WriteLineAsync($"{mutant.Name,-44} {mutant.Rule,-5} {result.HuntedFor.TotalSeconds,4:F0} {result.CaughtBy,-58} {result.Check}");
            }
            finally
            {
                gate.Release();
            }
        }));

        await output.WriteLineAsync($"Passed: {mutants.Count - missed}, Failed: {missed}");
        return missed == 0 ? 0 : 1;
    }

    private async Task<Result> TryOneAsync(Mutant mutant, int maxSeeds)
    {
        var folder = Path.Combine(_work, mutant.Name.Replace(' ', '-').Replace('\'', '-'));
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }

        if (mutant.File == Mutant.Driver)
        {
            return await HuntAsync(mutant, AppContext.BaseDirectory, maxSeeds);
        }

        var source = Path.Combine(folder, "src", "Starling.Protocol");
        CopyTree(Path.Combine(repository, "src", "Starling.Protocol"), source);
        var file = Path.Combine(source, mutant.File);
        if (!File.Exists(file))
        {
            return new Result(false, "NOT PLANTED", $"no file src/Starling.Protocol/{mutant.File}");
        }

        var text = await File.ReadAllTextAsync(file);
        var occurrences = text.Split(mutant.Old).Length - 1;
        if (occurrences != 1)
        {
            return new Result(false, "NOT PLANTED", $"its text occurs {occurrences} times in {mutant.File}, must be exactly once");
        }

        await File.WriteAllTextAsync(file, text.Replace(mutant.Old, mutant.New, StringComparison.Ordinal));
        var program = Path.Combine(folder, "bin");
        var error = await BuildAsync(source, folder, program);
        if (error is not null)
        {
            return new Result(false, "DOES NOT BUILD", error);
        }

        return await HuntAsync(mutant, program, maxSeeds);
    }

    private async Task<Result> HuntAsync(Mutant mutant, string program, int maxSeeds)
    {
        var hunt = Stopwatch.StartNew();
        foreach (var script in mutant.Scripts)
        {
            var (code, text) = await StartAsync(Path.Combine(program, "starling-sim"), ["run", "--script", script], program, TimeSpan.FromMinutes(2), Fault(mutant));
            if (code != 0)
            {
                return new Result(true, script, Check(text), hunt.Elapsed);
            }
        }

        var (exit, seeds) = await StartAsync(
            Path.Combine(program, "starling-sim"),
            ["run", "--from", "1", "--seeds", maxSeeds.ToString(System.Globalization.CultureInfo.InvariantCulture), "--first-failure", "--budget", "60"],
            program,
            TimeSpan.FromMinutes(10),
            Fault(mutant));
        return exit == 0
            ? new Result(false, "NOT CAUGHT", $"{maxSeeds} seeds and {mutant.Scripts.Length} scripts stayed silent", hunt.Elapsed)
            : new Result(true, Line(seeds, "--seed"), Check(seeds), hunt.Elapsed);
    }

    // Only the protocol is compiled anew; the rest of the program is the one that runs now, with that one assembly exchanged.
    private async Task<string?> BuildAsync(string source, string folder, string program)
    {
        var here = AppContext.BaseDirectory;
        CopyTree(here, program);
        var project = Path.Combine(source, "Starling.Protocol.csproj");
        File.Delete(Path.Combine(source, "packages.lock.json"));
        var xml = await File.ReadAllTextAsync(project);
        var reference = $"""<Reference Include="Starling.Core"><HintPath>{Path.Combine(here, "Starling.Core.dll")}</HintPath></Reference>""";
        xml = System.Text.RegularExpressions.Regex.Replace(xml, "<ProjectReference[^>]*Starling\\.Core\\.csproj[^>]*/>", reference);
        await File.WriteAllTextAsync(project, xml);
        foreach (var name in new[] { "Directory.Packages.props", "global.json" })
        {
            File.Copy(Path.Combine(repository, name), Path.Combine(folder, name), overwrite: true);
        }

        await File.WriteAllTextAsync(
            Path.Combine(folder, "Directory.Build.props"),
            """
            <Project><PropertyGroup><TargetFramework>net10.0</TargetFramework><LangVersion>latest</LangVersion><Nullable>enable</Nullable><ImplicitUsings>enable</ImplicitUsings>
            <NoWarn>$(NoWarn);1591</NoWarn><RunAnalyzers>false</RunAnalyzers><InvariantGlobalization>true</InvariantGlobalization><NuGetAudit>false</NuGetAudit></PropertyGroup></Project>
            """);
        var built = Path.Combine(folder, "out");
        var (code, text) = await StartAsync(
            "dotnet",
            ["build", project, "-c", "Release", "-v", "quiet", "-nologo", "-m:1", "-o", built, "-p:UseArtifactsOutput=false"],
            folder,
            BuildDeadline);
        if (code != 0)
        {
            return Line(text, "error");
        }

        File.Copy(Path.Combine(built, "Starling.Protocol.dll"), Path.Combine(program, "Starling.Protocol.dll"), overwrite: true);
        return null;
    }

    private static string Fault(Mutant mutant) => mutant.File == Mutant.Driver ? mutant.New : string.Empty;

    private static async Task<(int Code, string Text)> StartAsync(string program, IEnumerable<string> arguments, string folder, TimeSpan deadline, string fault = "")
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment[Mutant.Variable] = fault;
        using var process = Process.Start(start) ?? throw new InvalidOperationException($"cannot start {program}");
        using var stop = new CancellationTokenSource(deadline);
        var text = process.StandardOutput.ReadToEndAsync(stop.Token);
        var errors = process.StandardError.ReadToEndAsync(stop.Token);
        try
        {
            await process.WaitForExitAsync(stop.Token);
            return (process.ExitCode, await text + await errors);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            return (124, $"reason: {Path.GetFileName(program)} did not end within {deadline.TotalSeconds:F0} s");
        }
    }

    private static string Check(string text)
    {
        var line = Line(text, "reason:");
        return line.Length > 150 ? line[..150] : line;
    }

    private static string Line(string text, string part) =>
        text.Split('\n').FirstOrDefault(l => l.Contains(part, StringComparison.Ordinal))?.Trim() ?? text.Trim().Split('\n')[^1];

    private static void CopyTree(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var folder in Directory.EnumerateDirectories(from).Where(f => Path.GetFileName(f) is not ("obj" or "bin")))
        {
            CopyTree(folder, Path.Combine(to, Path.GetFileName(folder)));
        }

        foreach (var file in Directory.EnumerateFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)), overwrite: true);
        }
    }

    // The time is that of scripts and seeds, without the build.
    private sealed record Result(bool Caught, string CaughtBy, string Check, TimeSpan HuntedFor = default);
}
