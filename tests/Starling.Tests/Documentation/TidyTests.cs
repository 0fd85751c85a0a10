using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Starling.Cluster;
using Starling.Core.Names;
using Starling.Gateway.Routing;
using Starling.Protocol.Node;
using Starling.Server.Options;
using Starling.Storage.Mountpaths;
using Starling.Target.Objects;
using Xunit;

namespace Starling.Tests.Documentation;

/// <summary>What must not be found in the repository.</summary>
public sealed partial class TidyTests
{
    private static readonly Assembly[] Product =
    [
        typeof(NodeId).Assembly, typeof(NodeSettings).Assembly, typeof(MountpathSet).Assembly, typeof(ControlLoop).Assembly, typeof(TargetNode).Assembly,
        typeof(ObjectRouter).Assembly, typeof(NodeOptions).Assembly, typeof(Starling.Client.StarlingClient).Assembly, typeof(Starling.Cli.CliApp).Assembly,
        typeof(Starling.Loader.LoaderApp).Assembly,
    ];

    // Field -> why it may change.
    private static readonly SortedDictionary<string, string> MayChange = new(StringComparer.Ordinal);

    [Fact]
    public void No_file_speaks_of_anything_but_the_product()
    {
        string[] extensions = [".cs", ".md", ".csproj", ".props", ".slnx", ".txt", ".sh", ".json", string.Empty];
        var files = Repository.Files("*").Where(path => extensions.Contains(Path.GetExtension(path)) && !path.EndsWith("TidyTests.cs", StringComparison.Ordinal));
        AssertNothing(Search(files, Foreign()));
    }

    [Fact]
    public void Nothing_in_the_product_is_left_to_do_or_pretends_to_be_there() => AssertNothing(Search(Sources("src/"), Unfinished()));

    [Fact]
    public void No_exception_is_swallowed_in_silence() => AssertNothing(Search(Sources("src/"), Swallowed()));

    // A server that answers late on purpose, and a question repeated until a deadline, are no sleeps of a test.
    [Fact]
    public void No_test_sleeps() =>
        AssertNothing(Search(Sources("tests/Starling.Tests/").Where(path => !path.EndsWith("TidyTests.cs", StringComparison.Ordinal)), Sleeps()));

    [Fact]
    public void Nothing_static_changes()
    {
        var fields = Product.SelectMany(assembly => assembly.GetTypes())
            .Where(type => !type.Name.Contains('<', StringComparison.Ordinal) && type.GetCustomAttribute<CompilerGeneratedAttribute>() is null)
            .SelectMany(type => type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Where(field => !field.IsInitOnly && !field.IsLiteral && !Generated(field))
            .Select(field => $"{field.DeclaringType!.FullName}.{field.Name}")
            .Where(name => !MayChange.ContainsKey(name));
        AssertNothing([.. fields]);
    }

    private static bool Generated(FieldInfo field) =>
        field.DeclaringType!.GetCustomAttribute<System.CodeDom.Compiler.GeneratedCodeAttribute>() is not null
        || typeof(System.Text.Json.Serialization.JsonSerializerContext).IsAssignableFrom(field.DeclaringType);

    private static IEnumerable<string> Sources(string under) => Repository.Files("*.cs").Where(path => path.StartsWith(under, StringComparison.Ordinal));

    private static string[] Search(IEnumerable<string> paths, Regex pattern) =>
    [
        .. paths.SelectMany(path =>
        {
            var text = File.ReadAllText(Path.Combine(Repository.Root, path));
            return pattern.Matches(text).Select(match => $"{path}:{text[..match.Index].Count(c => c == '\n') + 1}: {match.Value.Trim()}");
        }),
    ];

    private static void AssertNothing(string[] found) => Assert.True(found.Length == 0, string.Join(Environment.NewLine, found));

    [GeneratedRegex(@"\.\./shared|(?<![\w.{}""'])/work/|acceptance row|closing note", RegexOptions.IgnoreCase)]
    private static partial Regex Foreign();

    [GeneratedRegex(@"\b(TODO|FIXME|HACK|XXX|NotImplementedException)\b")]
    private static partial Regex Unfinished();

    [GeneratedRegex(@"catch[^{;\n]*(\n\s*)?\{\s*\}")]
    private static partial Regex Swallowed();

    [GeneratedRegex(@"Thread\.Sleep|Task\.Delay\((?![^;]*(RequestAborted|deadline))")]
    private static partial Regex Sleeps();
}
