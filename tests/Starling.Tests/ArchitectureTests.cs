using System.Xml.Linq;
using Xunit;

namespace Starling.Tests;

/// <summary>The floors of docs/architecture.md: who may reference whom.</summary>
public sealed class ArchitectureTests
{
    private static readonly SortedDictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["Starling.Core"] = [],
        ["Starling.Protocol"] = ["Starling.Core"],
        ["Starling.Storage"] = ["Starling.Core"],
        ["Starling.Cluster"] = ["Starling.Core", "Starling.Protocol", "Starling.Storage"],
        ["Starling.Target"] = ["Starling.Core", "Starling.Protocol", "Starling.Storage", "Starling.Cluster"],
        ["Starling.Gateway"] = ["Starling.Core", "Starling.Protocol", "Starling.Cluster"],
        ["Starling.Server"] =
            ["Starling.Core", "Starling.Protocol", "Starling.Storage", "Starling.Cluster", "Starling.Target", "Starling.Gateway"],
        ["Starling.Client"] = ["Starling.Core"],
        ["Starling.Cli"] = ["Starling.Core", "Starling.Client"],
        ["Starling.Loader"] = ["Starling.Core", "Starling.Client"],
        ["Starling.Playground"] = ["Starling.Core", "Starling.Client"],
    };

    [Fact]
    public void Projects_reference_only_what_their_floor_allows()
    {
        var projects = Directory.GetFiles(Path.Combine(Repository.Root, "src"), "*.csproj", SearchOption.AllDirectories);
        Assert.Equal(Allowed.Keys, projects.Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal));
        foreach (var project in projects)
        {
            var name = Path.GetFileNameWithoutExtension(project);
            var references = XDocument.Load(project).Descendants("ProjectReference")
                .Where(reference => reference.Attribute("ReferenceOutputAssembly")?.Value != "false")
                .Select(reference => Path.GetFileNameWithoutExtension(reference.Attribute("Include")!.Value.Replace('\\', '/')));
            var forbidden = references.Except(Allowed[name]).ToArray();
            Assert.True(forbidden.Length == 0, $"{name} must not reference {string.Join(", ", forbidden)}");
        }
    }

    [Fact]
    public void No_folder_is_named_after_nothing()
    {
        string[] banned = ["Common", "Utils", "Util", "Helpers", "Managers"];
        var found = Directory.GetDirectories(Path.Combine(Repository.Root, "src"), "*", SearchOption.AllDirectories)
            .Where(directory => banned.Contains(Path.GetFileName(directory)));
        Assert.Empty(found);
    }
}
