namespace Starling.Tests;

/// <summary>Where the checkout lies that these tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    /// <summary>Paths relative to the root, with forward slashes; what builds and playgrounds leave behind is no part of the repository.</summary>
    public static IReadOnlyList<string> Files(string pattern) =>
        [.. Walk(new DirectoryInfo(Root), pattern).Select(file => Path.GetRelativePath(Root, file.FullName)).Order(StringComparer.Ordinal)];

    private static IEnumerable<FileInfo> Walk(DirectoryInfo directory, string pattern)
    {
        foreach (var child in directory.EnumerateDirectories())
        {
            if (child.Name is "artifacts" or "bin" or "obj" or "TestResults" || (child.Name.StartsWith('.') && child.Name != ".ci"))
            {
                continue;
            }

            foreach (var file in Walk(child, pattern))
            {
                yield return file;
            }
        }

        foreach (var file in directory.EnumerateFiles(pattern))
        {
            yield return file;
        }
    }

    private static string Find()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Starling.slnx")))
            {
                return directory.FullName;
            }
        }

        throw new InvalidOperationException($"no Starling.slnx above {AppContext.BaseDirectory}");
    }
}
