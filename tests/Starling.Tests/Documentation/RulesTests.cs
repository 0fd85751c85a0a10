using System.Reflection;
using System.Text.RegularExpressions;
using Starling.Server.Options;
using Starling.Simulation.Mutants;
using Starling.Simulation.Scripts;
using Xunit;

namespace Starling.Tests.Documentation;

/// <summary>The documentation names rules, tests, files, scripts, options and metrics; here each name is looked up.</summary>
public sealed partial class RulesTests
{
    private static readonly string[] Rules =
        [.. Enumerable.Range(1, 20).Select(number => $"A{number}"), .. Enumerable.Range(0, 14).Select(number => $"B{number}")];

    private static readonly SortedSet<string> Tests = FindTests();

    private static readonly Document Architecture = Document.Get("docs/architecture.md");

    [Fact]
    public void Every_rule_has_one_entry_with_a_test_or_the_word_that_it_is_not_built()
    {
        var entries = RuleEntries();
        var absent = Rules.Except(entries.Select(entry => entry.Rule), StringComparer.Ordinal);
        Assert.True(!absent.Any(), $"docs/architecture.md has no entry for {string.Join(", ", absent)}");
        Assert.Equal(Rules, entries.Select(entry => entry.Rule));
        var bare = entries.Where(entry => !TestName().IsMatch(entry.Text) && !entry.Text.Contains("Not built yet", StringComparison.Ordinal)).Select(entry => entry.Rule);
        Assert.True(!bare.Any(), $"docs/architecture.md names neither a test nor \"Not built yet\" for {string.Join(", ", bare)}");
    }

    [Fact]
    public void Every_rule_names_where_its_code_is_unless_nothing_of_it_is_built()
    {
        var homeless = RuleEntries().Where(entry => TestName().IsMatch(entry.Text) && !entry.Text.Contains("`src/", StringComparison.Ordinal)).Select(entry => entry.Rule);
        Assert.True(!homeless.Any(), $"docs/architecture.md names no code for {string.Join(", ", homeless)}");
    }

    [Fact]
    public void Every_test_that_the_documentation_names_exists()
    {
        var missing = Spans().Where(span => TestSpan().IsMatch(span.Text) && !Tests.Contains(span.Text)).ToArray();
        Assert.True(missing.Length == 0, $"no such test: {string.Join("; ", missing.Select(span => $"{span.Text} in {span.Path}"))}");
    }

    [Fact]
    public void Every_file_and_folder_that_the_documentation_names_exists()
    {
        var missing = Spans().Where(span => PathSpan().IsMatch(span.Text))
            .Where(span => !Path.Exists(Path.Combine(Repository.Root, span.Text))).ToArray();
        Assert.True(missing.Length == 0, $"no such path: {string.Join("; ", missing.Select(span => $"{span.Text} in {span.Path}"))}");
    }

    [Fact]
    public void Every_folder_of_the_product_is_in_the_code_map()
    {
        var mapped = CodePath().Matches(Architecture.Section("## Code map")).Select(match => match.Groups[1].Value).ToArray();
        var folders = Repository.Files("*.cs").Select(path => path.Split('/')).Where(parts => parts[0] == "src" && parts.Length > 3).Select(parts => string.Join('/', parts[..3])).Distinct(StringComparer.Ordinal);
        var lost = folders.Where(folder => !mapped.Any(path => path == folder || folder.StartsWith(path + "/", StringComparison.Ordinal) || path.StartsWith(folder + "/", StringComparison.Ordinal)));
        Assert.True(!lost.Any(), $"the code map of docs/architecture.md does not lead to {string.Join(", ", lost)}");
    }

    [Fact]
    public void Every_relative_link_leads_somewhere()
    {
        var broken = new List<string>();
        foreach (var document in Document.All)
        {
            foreach (var link in document.RelativeLinks())
            {
                var parts = link.Split('#');
                var path = parts[0].Length == 0 ? document.Path : Relative(document.Path, parts[0]);
                var found = Path.Exists(Path.Combine(Repository.Root, path));
                if (!found || (parts.Length > 1 && !Document.Get(path).Anchors().Contains(parts[1])))
                {
                    broken.Add($"{link} in {document.Path}");
                }
            }
        }

        Assert.True(broken.Count == 0, $"broken links: {string.Join("; ", broken)}");
    }

    [Fact]
    public void Every_script_and_every_mutant_that_the_documentation_names_exists()
    {
        var scripts = ScriptSpan().Matches(Architecture.Section("### Scripts")).Select(match => match.Groups[1].Value).Except(ScriptCatalog.Names, StringComparer.Ordinal);
        Assert.True(!scripts.Any(), $"no such script: {string.Join(", ", scripts)}");
        var mutants = MutantRow().Matches(Architecture.Section("### Mutants")).Select(match => match.Groups[1].Value.Trim())
            .Except(MutantCatalog.All.Select(mutant => mutant.Name), StringComparer.Ordinal);
        Assert.True(!mutants.Any(), $"no such mutant: {string.Join(", ", mutants)}");
    }

    [Fact]
    public void Every_compatibility_trap_has_a_line_and_a_test_of_its_number()
    {
        var document = Document.Get("docs/compatibility.md");
        for (var trap = 1; trap <= 35; trap++)
        {
            var line = Regex.Match(document.Text, $@"^\| {trap} \|.*$", RegexOptions.Multiline);
            Assert.True(line.Success, $"docs/compatibility.md has no line for trap {trap}");
            var named = Regex.IsMatch(line.Value, $@"`\w+Tests\.\w*trap{trap:00}_\w*`", RegexOptions.IgnoreCase);
            Assert.True(named || line.Value.Contains("not built yet", StringComparison.Ordinal), $"docs/compatibility.md names no test for trap {trap}");
        }
    }

    [Theory]
    [InlineData("T", 1, 18)]
    [InlineData("S", 21, 54)]
    [InlineData("R", 1, 27)]
    public void Every_row_of_the_lifecycle_tables_names_a_test_or_says_why_there_is_none(string table, int first, int last)
    {
        var text = Document.Get("docs/lifecycle-coverage.md").Text;
        var rows = Regex.Matches(text, $@"^\| {table}(\d+) \|.*$", RegexOptions.Multiline);
        Assert.Equal(Enumerable.Range(first, last - first + 1), rows.Select(row => int.Parse(row.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture)));
        var bare = rows.Select(row => row.Value).Where(row => !TestName().IsMatch(row) && !row.Contains("cannot arise:", StringComparison.Ordinal) && !row.Contains("not built yet", StringComparison.Ordinal));
        Assert.True(!bare.Any(), $"docs/lifecycle-coverage.md names neither a test nor a reason: {string.Join("; ", bare)}");
    }

    [Fact]
    public void Every_option_of_a_node_is_documented()
    {
        var text = Document.Get("docs/operations/configuration.md").Text;
        var missing = NodeSetting.All.Select(setting => $"`--{setting.Name}").Where(name => !text.Contains(name, StringComparison.Ordinal));
        Assert.True(!missing.Any(), $"docs/operations/configuration.md does not explain {string.Join(", ", missing)}");
    }

    [Fact]
    public void The_metrics_of_a_node_are_those_that_the_documentation_lists()
    {
        var sources = Repository.Files("*.cs").Where(path => path.StartsWith("src/Starling.Server/Metrics/", StringComparison.Ordinal) || path.EndsWith("Meter.cs", StringComparison.Ordinal));
        var made = sources.SelectMany(path => Metric().Matches(File.ReadAllText(Path.Combine(Repository.Root, path)))).Select(match => match.Groups[1].Value);
        var listed = Document.Get("docs/operations/monitoring.md").CodeSpans().Where(span => span.StartsWith("starling_", StringComparison.Ordinal));
        AssertSame("metric", made, listed);
    }

    private static void AssertSame(string what, IEnumerable<string> real, IEnumerable<string> documented)
    {
        var (have, say) = (real.ToHashSet(StringComparer.Ordinal), documented.ToHashSet(StringComparer.Ordinal));
        var unsaid = have.Except(say, StringComparer.Ordinal).ToArray();
        var unreal = say.Except(have, StringComparer.Ordinal).ToArray();
        Assert.True(unsaid.Length + unreal.Length == 0, $"{what}: not documented: {string.Join(", ", unsaid)}; documented, but not there: {string.Join(", ", unreal)}");
    }

    private static List<(string Rule, string Text)> RuleEntries()
    {
        var section = Architecture.Section("## Rules and their tests");
        var heads = RuleHead().Matches(section);
        return [.. heads.Select((head, i) => (head.Groups[1].Value, section[head.Index..(i + 1 < heads.Count ? heads[i + 1].Index : EndOfRules(section, head.Index))]))];
    }

    private static int EndOfRules(string section, int from) => section.IndexOf("\n### ", from, StringComparison.Ordinal) is var end and >= 0 ? end : section.Length;

    private static IEnumerable<(string Path, string Text)> Spans() => Document.All.SelectMany(document => document.CodeSpans().Select(text => (document.Path, text)));

    private static string Relative(string from, string link) =>
        Path.GetRelativePath(Repository.Root, Path.GetFullPath(Path.Combine(Repository.Root, Path.GetDirectoryName(from)!, link)));

    // This assembly by reflection; the tests with real processes by their source, so that nothing needs to be built for it.
    private static SortedSet<string> FindTests()
    {
        var names = typeof(RulesTests).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods().Where(method => method.GetCustomAttributes<FactAttribute>().Any()).Select(method => $"{type.Name}.{method.Name}"));
        var found = new SortedSet<string>(names, StringComparer.Ordinal);
        foreach (var path in Repository.Files("*Tests.cs").Where(path => path.StartsWith("tests/Starling.ClusterTests/", StringComparison.Ordinal)))
        {
            var text = File.ReadAllText(Path.Combine(Repository.Root, path));
            var type = ClassName().Match(text).Groups[1].Value;
            found.UnionWith(TestMethod().Matches(text).Select(match => $"{type}.{match.Groups[1].Value}"));
        }

        return found;
    }

    [GeneratedRegex(@"^\*\*([AB]\d+) ", RegexOptions.Multiline)]
    private static partial Regex RuleHead();

    [GeneratedRegex(@"`\w+Tests\.\w+`")]
    private static partial Regex TestName();

    [GeneratedRegex(@"^\w+Tests\.\w+$")]
    private static partial Regex TestSpan();

    [GeneratedRegex(@"^(src|tests|docs|scripts)/[\w./-]*$")]
    private static partial Regex PathSpan();

    [GeneratedRegex(@"`(src/[\w./-]+)`")]
    private static partial Regex CodePath();

    [GeneratedRegex("`([a-z0-9_]+)`")]
    private static partial Regex ScriptSpan();

    [GeneratedRegex(@"^\| ([^|]+) \| [AB]\d+ \|", RegexOptions.Multiline)]
    private static partial Regex MutantRow();

    [GeneratedRegex("\"(starling_[a-z_]+)\"")]
    private static partial Regex Metric();

    [GeneratedRegex(@"class (\w+Tests)")]
    private static partial Regex ClassName();

    [GeneratedRegex(@"\[(?:Fact|Theory)[^\n]*\n(?:\s*\[[^\n]*\n)*\s*public [\w ]+? (\w+)\(")]
    private static partial Regex TestMethod();
}
