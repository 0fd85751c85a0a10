using System.CommandLine;
using Starling.Cli.Naming;

namespace Starling.Cli.Help;

/// <summary>What the user probably meant: synonyms first, then the nearest name.</summary>
internal static class DidYouMean
{
    private static readonly (string Typed, string Meant)[] Synonyms =
    [
        ("delete", "rm"), ("remove", "rm"), ("del", "rm"), ("destroy", "rm"), ("list", "ls"), ("dir", "ls"), ("new", "create"), ("make", "create"),
        ("mkbucket", "create"), ("mb", "create"), ("rb", "rmb"), ("upload", "put"), ("download", "get"), ("copy", "cp"), ("move", "mv"), ("status", "show"),
        ("get", "show"), ("info", "show"), ("describe", "show"), ("gateway", "proxy"), ("node", "cluster"), ("conf", "config"), ("logs", "log"),
    ];

    /// <summary>A whole command line to try, or null.</summary>
    public static string? For(CliCommand command, string typed)
    {
        if (typed.Contains("://", StringComparison.Ordinal))
        {
            return command.Path == "ais" ? $"ais {(BucketUri.Parse(typed).Rest.Length == 0 ? "ls" : "object show")} {typed}" : null;
        }

        var names = command.Subcommands.Where(child => !child.Hidden).Select(child => child.Name)
            .Concat(command.Path == "ais" ? Commands.CommandTree.Aliases.Select(pair => pair.Key) : []).ToArray();
        var synonym = Synonyms.Where(pair => pair.Typed == typed && names.Contains(pair.Meant)).Select(pair => pair.Meant).FirstOrDefault();
        var nearest = synonym ?? Nearest(typed, names);
        return nearest is null ? null : $"{command.Path} {nearest}";
    }

    /// <summary>The name at the smallest edit distance, when that is small; null otherwise.</summary>
    public static string? Nearest(string typed, IEnumerable<string> names) =>
        names.Select(name => (Name: name, Distance: Distance(typed, name)))
            .Where(pair => pair.Distance <= Math.Max(1, typed.Length / 3))
            .OrderBy(pair => pair.Distance).ThenBy(pair => pair.Name, StringComparer.Ordinal)
            .Select(pair => pair.Name).FirstOrDefault();

    /// <summary>Edits from one to the other; two neighbours changed round count as one, because fingers do that.</summary>
    private static int Distance(string left, string right)
    {
        var distance = new int[left.Length + 1, right.Length + 1];
        for (var i = 0; i <= left.Length; i++)
        {
            for (var j = 0; j <= right.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    distance[i, j] = i + j;
                    continue;
                }

                var change = distance[i - 1, j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
                var best = Math.Min(Math.Min(distance[i - 1, j], distance[i, j - 1]) + 1, change);
                var isSwap = i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1];
                distance[i, j] = isSwap ? Math.Min(best, distance[i - 2, j - 2] + 1) : best;
            }
        }

        return distance[left.Length, right.Length];
    }
}
