using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Starling.Playground.Nodes;

/// <summary>The folder that holds a playground: its plan, its nodes' data, its mountpaths and the tools for PATH.</summary>
internal sealed class PlaygroundDirectory(string root)
{
    private static readonly JsonSerializerOptions Json = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Converters = { new JsonStringEnumConverter() },
    };

    public string Root { get; } = Path.GetFullPath(root);

    public string SecretFile => Path.Combine(Root, "secret");

    public string Bin => Path.Combine(Root, "bin");

    private string PlanFile => Path.Combine(Root, "playground.json");

    public bool Exists => File.Exists(PlanFile);

    public PlaygroundPlan Load()
    {
        if (!Exists)
        {
            throw new PlaygroundException($"there is no playground in {Root}: start one with ./playground, or name its folder with --dir");
        }

        PlaygroundPlan? plan;
        try
        {
            plan = JsonSerializer.Deserialize<PlaygroundPlan>(File.ReadAllText(PlanFile), Json);
        }
        catch (JsonException e)
        {
            throw new PlaygroundException($"{PlanFile} is damaged ({e.Message}): remove the playground with './playground stop --delete'");
        }

        return plan is { Version: PlaygroundPlan.CurrentVersion }
            ? plan
            : throw new PlaygroundException($"{PlanFile} was written by another version: remove the playground with './playground stop --delete'");
    }

    public void Save(PlaygroundPlan plan)
    {
        foreach (var folder in new[] { "log", "run" })
        {
            Directory.CreateDirectory(Path.Combine(Root, folder));
        }

        foreach (var node in plan.Nodes)
        {
            Directory.CreateDirectory(node.DataDirectory(Root));
            for (var i = 1; node.Role == NodeRole.Target && i <= plan.MountpathsPerTarget; i++)
            {
                Directory.CreateDirectory(node.Mountpath(Root, i));
            }
        }

        if (!File.Exists(SecretFile))
        {
            File.WriteAllText(SecretFile, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)));
            File.SetUnixFileMode(SecretFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        File.WriteAllText(PlanFile + ".new", JsonSerializer.Serialize(plan, Json));
        File.Move(PlanFile + ".new", PlanFile, overwrite: true);
    }

    /// <summary>Writes small starters for the tools, so that PATH needs one entry wherever the build put them.</summary>
    public void WriteTools(ToolPaths tools)
    {
        Directory.CreateDirectory(Bin);
        foreach (var (name, path) in tools.All)
        {
            var starter = Path.Combine(Bin, name);
            File.WriteAllText(starter, $"#!/bin/sh\nexec dotnet exec '{path}' \"$@\"\n");
            File.SetUnixFileMode(starter, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
        }
    }

    public long SizeBytes() => new DirectoryInfo(Root).EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true, AttributesToSkip = FileAttributes.ReparsePoint })
        .Sum(file => file.Exists ? file.Length : 0);

    /// <summary>Removes everything; refuses a folder that does not look like a playground.</summary>
    public void Delete()
    {
        if (!Exists)
        {
            throw new PlaygroundException($"{Root} holds no playground.json and is left alone");
        }

        Directory.Delete(Root, recursive: true);
    }
}

/// <summary>Where the build put the executables, found beside this program.</summary>
internal sealed record ToolPaths(string Node, string Cli, string Loader)
{
    public IEnumerable<(string Name, string Path)> All => [("aisnode", Node), ("ais", Cli), ("aisloader", Loader)];

    public static ToolPaths Find()
    {
        // artifacts/bin/Starling.Playground/release/ -> artifacts/bin/<project>/release/
        var own = new DirectoryInfo(AppContext.BaseDirectory.TrimEnd('/'));
        var bin = own.Parent?.Parent ?? throw new PlaygroundException($"cannot find the build output above {own.FullName}");
        return new ToolPaths(Tool("Starling.Server", "aisnode.dll"), Tool("Starling.Cli", "ais.dll"), Tool("Starling.Loader", "aisloader.dll"));

        string Tool(string project, string file)
        {
            var path = Path.Combine(bin.FullName, project, own.Name, file);
            return File.Exists(path) ? path : throw new PlaygroundException($"{path} is missing: build first ('dotnet build src/Starling.Playground -c Release')");
        }
    }
}

/// <summary>Something the user can act on; printed as it is, exit code 2.</summary>
internal sealed class PlaygroundException(string message) : Exception(message);
