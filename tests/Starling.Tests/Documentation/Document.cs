using System.Text;
using System.Text.RegularExpressions;
using Xunit;

namespace Starling.Tests.Documentation;

/// <summary>One tracked Markdown file.</summary>
internal sealed partial record Document(string Path, string Text)
{
    /// <summary>The documentation of the repository: README files, the changelog, everything below docs.</summary>
    public static IReadOnlyList<Document> All { get; } =
        [.. Repository.Files("*.md").Select(path => new Document(path, File.ReadAllText(System.IO.Path.Combine(Repository.Root, path))))];

    public static Document Get(string path) =>
        All.SingleOrDefault(document => document.Path == path) ?? throw new InvalidOperationException($"{path} does not exist");

    /// <summary>What stands between single backquotes, fenced blocks left out.</summary>
    public IEnumerable<string> CodeSpans() => CodeSpan().Matches(Fence().Replace(Text, string.Empty)).Select(match => match.Groups[1].Value);

    /// <summary>Targets of the links that are not addresses of other sites.</summary>
    public IEnumerable<string> RelativeLinks() =>
        Link().Matches(Fence().Replace(Text, string.Empty)).Select(match => match.Groups[1].Value).Where(target => !target.Contains("://", StringComparison.Ordinal));

    /// <summary>Names by which links reach the headings.</summary>
    public IEnumerable<string> Anchors() => Heading().Matches(Fence().Replace(Text, string.Empty)).Select(match => Slug(match.Groups[1].Value));

    /// <summary>The text from one heading to the next of the same or a higher level.</summary>
    public string Section(string heading)
    {
        var start = Text.IndexOf("\n" + heading + "\n", StringComparison.Ordinal);
        Assert.True(start >= 0, $"{Path} has no heading \"{heading}\"");
        var level = heading.TakeWhile(c => c == '#').Count();
        var end = Regex.Match(Text[(start + heading.Length + 1)..], $"^#{{1,{level}}} ", RegexOptions.Multiline);
        return end.Success ? Text.Substring(start, heading.Length + 1 + end.Index) : Text[start..];
    }

    private static string Slug(string heading)
    {
        var slug = new StringBuilder();
        foreach (var c in heading.Trim().ToLowerInvariant())
        {
            if (char.IsLetterOrDigit(c) || c is '-' or '_')
            {
                slug.Append(c);
            }
            else if (c == ' ')
            {
                slug.Append('-');
            }
        }

        return slug.ToString();
    }

    [GeneratedRegex(@"^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"`([^`\n]+)`")]
    private static partial Regex CodeSpan();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"^#+ (.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();
}
