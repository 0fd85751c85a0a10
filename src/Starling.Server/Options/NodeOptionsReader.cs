using System.Globalization;
using Microsoft.Extensions.Logging;
using Starling.Cluster.Peers;
using Starling.Core.Names;

namespace Starling.Server.Options;

/// <summary>Turns raw settings into options, or into a list of everything that is wrong with them.</summary>
internal sealed class NodeOptionsReader
{
    private readonly SettingValues values;
    private readonly Func<string, string?> environment;
    private readonly List<string> problems;

    private NodeOptionsReader(SettingValues values, Func<string, string?> environment, List<string> problems)
    {
        this.values = values;
        this.environment = environment;
        this.problems = problems;
    }

    /// <summary>The options, or null with at least one problem; each names the setting and the remedy.</summary>
    /// <param name="values">From the command line so far.</param>
    /// <param name="configFile">Of --config; null: none.</param>
    /// <param name="environment">Looks up an environment variable.</param>
    /// <param name="problems">What is wrong.</param>
    public static NodeOptions? Read(SettingValues values, string? configFile, Func<string, string?> environment, out IReadOnlyList<string> problems)
    {
        var found = new List<string>();
        problems = found;
        values.AddEnvironment(environment);
        configFile ??= environment("STARLING_CONFIG") ?? environment("AIS_CONFIG");
        if (configFile is not null && ReadText(configFile, "--config", found) is { } text)
        {
            values.AddFile(configFile, text, found);
        }

        var options = new NodeOptionsReader(values, environment, found).Build();
        return found.Count == 0 ? options : null;
    }

    private NodeOptions? Build()
    {
        var role = values.Single("role");
        if (role is not ("gateway" or "target"))
        {
            Wrong("role", role is null ? "is required: gateway or target" : $"must be gateway or target, not \"{role}\"");
        }

        var isGateway = role == "gateway";
        var id = ReadId();
        var data = Required("data", "the directory in which this node keeps its identity, its control log and its logs");
        ListenAddress?[] listeners = [ReadListener("public"), ReadListener("control"), ReadListener("data-net")];
        var secret = ReadSecret();
        var mountpaths = ReadMountpaths(isGateway);
        var expect = ReadExpect(isGateway);
        var options = new NodeOptions
        {
            IsGateway = isGateway,
            Id = id,
            DataDirectory = data is null ? string.Empty : Path.GetFullPath(data),
            Mountpaths = mountpaths,
            Public = listeners[0]!,
            Control = listeners[1]!,
            Data = listeners[2]!,
            Hostname = values.Single("hostname"),
            Join = ReadJoin(),
            BootstrapExpect = expect,
            AllowSharedFilesystem = ReadFlag("dev-shared-filesystem"),
            AllowMissingMountpath = ReadFlag("allow-missing-mountpath"),
            IsElectable = isGateway && !ReadFlag("non-electable"),
            Secret = secret ?? string.Empty,
            CertificateFile = values.Single("certificate"),
            LogLevel = ReadLogLevel(),
            StopTimeout = ReadStopTimeout(),
        };
        CheckTogether(options);
        return options;
    }

    private void CheckTogether(NodeOptions options)
    {
        var ports = new[] { ("public", options.Public), ("control", options.Control), ("data-net", options.Data) }
            .Where(item => item.Item2 is { Port: > 0 }).GroupBy(item => item.Item2.Port).Where(group => group.Count() > 1);
        foreach (var group in ports)
        {
            Wrong(group.Last().Item1, $"uses port {group.Key}, as does --{group.First().Item1}: each of the three networks has a port of its own");
        }

        if (options.BootstrapExpect > 1 && options.Join.Count == 0)
        {
            Wrong("bootstrap-expect", $"is {options.BootstrapExpect}, but no --join names another founder: give the control URLs of the other gateways");
        }

        if (options.BootstrapExpect > 0 && !options.IsElectable)
        {
            Wrong("bootstrap-expect", "and --non-electable exclude each other: a founder votes");
        }

        if (options.CertificateFile is { } certificate && !File.Exists(certificate))
        {
            Wrong("certificate", $"names {certificate}, which does not exist");
        }
    }

    private NodeId ReadId()
    {
        if (values.Single("id") is not { } text)
        {
            return default;
        }

        if (!NodeId.TryParse(text, out var id, out var error))
        {
            Wrong("id", error!);
        }

        return id;
    }

    private ListenAddress? ReadListener(string name)
    {
        if (Required(name, "an address such as localhost:8080") is not { } text)
        {
            return null;
        }

        if (!ListenAddress.TryParse(text, out var address, out var error))
        {
            Wrong(name, error);
        }

        return address;
    }

    private string[] ReadMountpaths(bool isGateway)
    {
        var paths = values.List("mountpath");
        if (isGateway && paths.Count > 0)
        {
            Wrong("mountpath", "is for targets; a gateway stores no objects: leave it out");
        }
        else if (!isGateway && paths.Count == 0)
        {
            Wrong("mountpath", "is required for a target: give at least one directory");
        }

        return [.. paths.Select(Path.GetFullPath)];
    }

    private int ReadExpect(bool isGateway)
    {
        if (values.Single("bootstrap-expect") is not { } text)
        {
            return 0;
        }

        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var expect) || expect is < 1 or > 99)
        {
            Wrong("bootstrap-expect", $"must be a number between 1 and 99, not \"{text}\"");
        }
        else if (!isGateway)
        {
            Wrong("bootstrap-expect", "is for gateways; targets join: leave it out");
        }

        return expect;
    }

    private List<string> ReadJoin()
    {
        var urls = new List<string>();
        foreach (var text in values.List("join"))
        {
            if (PeerAddress.TryParse(text, out var address))
            {
                urls.Add(address.GetLeftPart(UriPartial.Authority));
            }
            else
            {
                Wrong("join", $"\"{text}\" is not a URL such as http://10.0.0.1:9080");
            }
        }

        return urls;
    }

    private string? ReadSecret()
    {
        var text = values.Single("secret-file") is { } file
            ? ReadText(file, values.Source("secret-file"), problems)
            : environment("STARLING_SECRET") ?? environment("AIS_SECRET");
        if (text is null)
        {
            if (values.Single("secret-file") is null)
            {
                Wrong("secret-file", "is required: a file with the secret that all members share (make one with: head -c 16 /dev/urandom | xxd -p)");
            }

            return null;
        }

        var secret = text.Trim();
        if (secret.Length is < 16 or > 256 || secret.Any(c => c is < '!' or > '~'))
        {
            Wrong("secret-file", "must hold 16 to 256 printable ASCII characters without blanks");
        }

        return secret;
    }

    private LogLevel ReadLogLevel()
    {
        switch (values.Single("log-level")?.ToLowerInvariant())
        {
            case null or "info" or "information":
                return LogLevel.Information;
            case "trace":
                return LogLevel.Trace;
            case "debug":
                return LogLevel.Debug;
            case "warning" or "warn":
                return LogLevel.Warning;
            case "error":
                return LogLevel.Error;
            case var other:
                Wrong("log-level", $"must be trace, debug, info, warning or error, not \"{other}\"");
                return LogLevel.Information;
        }
    }

    private TimeSpan ReadStopTimeout()
    {
        var text = values.Single("stop-timeout") ?? "20";
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds > 3600)
        {
            Wrong("stop-timeout", $"must be between 0 and 3600 seconds, not \"{text}\"");
        }

        return TimeSpan.FromSeconds(seconds);
    }

    private bool ReadFlag(string name)
    {
        switch (values.Single(name)?.ToLowerInvariant())
        {
            case null or "false" or "0" or "no":
                return false;
            case "true" or "1" or "yes":
                return true;
            case var other:
                Wrong(name, $"must be true or false, not \"{other}\"");
                return false;
        }
    }

    private string? Required(string name, string what)
    {
        if (values.Single(name) is { Length: > 0 } text)
        {
            return text;
        }

        Wrong(name, $"is required: {what}");
        return null;
    }

    private void Wrong(string name, string why) => problems.Add($"{values.Source(name)} {why}");

    private static string? ReadText(string path, string name, List<string> problems)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            problems.Add($"{name} names {path}, which cannot be read: {error.Message}");
            return null;
        }
    }
}
