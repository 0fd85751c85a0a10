using System.CommandLine;
using Starling.Cli.Commands;
using Starling.Client;

namespace Starling.Cli.Completion;

/// <summary>What may follow the words typed so far, one per line. Names that only the cluster knows are asked for within a small budget; failures are silent.</summary>
internal static class Completer
{
    /// <summary>The hidden command that the shell scripts call.</summary>
    public const string HiddenCommand = "__complete";

    /// <summary>Later than this, no candidate is better than a slow one.</summary>
    private static readonly TimeSpan Budget = TimeSpan.FromMilliseconds(500);

    public static async Task<int> RunAsync(CliCommand root, Flags flags, string[] words, TextWriter output, CliEnvironment environment, CancellationToken cancellation)
    {
        var typed = words.Length == 0 ? string.Empty : words[^1];
        var before = words.Length == 0 ? [] : CommandTree.ExpandAlias(words[..^1]);
        var (command, position, used) = Walk(root, before);
        IEnumerable<string> candidates = typed.StartsWith('-')
            ? command.Options.Append(flags.Help).Where(option => !option.Hidden && !before.Contains(option.Name)).Select(option => option.Name)
            : [];
        if (!typed.StartsWith('-'))
        {
            candidates = position == 0
                ? command.Subcommands.Where(child => !child.Hidden).Select(child => child.Name).Concat(command == root ? CommandTree.Aliases.Select(pair => pair.Key) : [])
                : [];
            var kind = command.ArgumentCandidates.Count == 0 ? Candidates.None : command.ArgumentCandidates[Math.Min(position, command.ArgumentCandidates.Count - 1)];
            candidates = candidates.Concat(await AskAsync(kind, environment, cancellation).ConfigureAwait(false));
        }

        foreach (var candidate in candidates.Where(candidate => candidate.StartsWith(typed, StringComparison.Ordinal) && !used.Contains(candidate)).Distinct())
        {
            await output.WriteLineAsync(candidate).ConfigureAwait(false);
        }

        await output.FlushAsync(cancellation).ConfigureAwait(false);
        return ExitCode.Ok;
    }

    private static (CliCommand Command, int Position, IReadOnlyList<string> Used) Walk(CliCommand root, string[] words)
    {
        var command = root;
        var used = new List<string>();
        for (var i = 0; i < words.Length; i++)
        {
            if (words[i].StartsWith('-'))
            {
                var option = command.Options.FirstOrDefault(option => option.Name == words[i] || option.Aliases.Contains(words[i]));
                i += option is Option<string?> ? 1 : 0;
            }
            else if (used.Count == 0 && command.Subcommands.FirstOrDefault(child => child.Name == words[i]) is CliCommand child)
            {
                command = child;
            }
            else
            {
                used.Add(words[i]);
            }
        }

        return (command, used.Count, used);
    }

    private static async Task<IEnumerable<string>> AskAsync(Candidates kind, CliEnvironment environment, CancellationToken cancellation)
    {
        if (kind is Candidates.None or Candidates.Files)
        {
            return [];
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        deadline.CancelAfter(Budget);
        try
        {
            using var client = new StarlingClient(new StarlingClientOptions
            {
                Endpoints = StarlingClientOptions.ParseEndpoints(environment.NonEmpty("AIS_ENDPOINT") ?? "http://127.0.0.1:8080"),
                ConnectTimeout = Budget,
                StartingRetries = 0,
            });
            switch (kind)
            {
                case Candidates.Buckets:
                    return (await client.Buckets.ListAsync(cancellation: deadline.Token).ConfigureAwait(false)).Select(bucket => bucket.Cname);
                case Candidates.ConfigSections:
                    return (await client.Cluster.GetConfigAsync(deadline.Token).ConfigureAwait(false)).Select(pair => pair.Key);
                case Candidates.Jobs:
                    var jobs = await client.Jobs.GetSnapshotsAsync(string.Empty, onlyRunning: true, cancellation: deadline.Token).ConfigureAwait(false);
                    return jobs.Values.SelectMany(list => list).SelectMany(job => new[] { job.Kind, job.Id }).Distinct();
                default:
                    var map = await client.Cluster.GetMapAsync(deadline.Token).ConfigureAwait(false);
                    var nodes = kind switch
                    {
                        Candidates.Gateways => map.Gateways,
                        Candidates.ActiveNodes => map.Nodes.Where(node => !node.IsInactive),
                        Candidates.InactiveNodes => map.Nodes.Where(node => node.IsInactive),
                        _ => map.Nodes,
                    };
                    return nodes.Select(node => node.DisplayName);
            }
        }
        catch (Exception error) when (error is ApiException or UnreachableException or TimeoutException or OperationCanceledException or FormatException)
        {
            // A TAB must not print errors into the command line; without the cluster there are simply no candidates.
            return [];
        }
    }
}
