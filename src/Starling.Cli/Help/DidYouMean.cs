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

    private static int Distance(string left, string right)
    {
        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (left[i - 1] == right[j - 1] ? 0 : 1)));
            }
        }

        return row[right.Length];
    }
}
