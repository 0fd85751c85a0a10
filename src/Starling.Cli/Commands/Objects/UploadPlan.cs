using System.IO.Enumeration;
using Starling.Cli.Naming;

namespace Starling.Cli.Commands.Objects;

/// <summary>One file and the name it gets.</summary>
internal sealed record Upload(string File, string ObjectName, long SizeBytes);

/// <summary>Finds the files that a <c>put</c> means, and names the objects.</summary>
internal static class UploadPlan
{
    /// <summary>Files of a directory, a pattern, a list or a template, in the order of their names.</summary>
    /// <param name="session">The command.</param>
    /// <param name="source">An absolute path: a directory, or a directory with a pattern in its last part.</param>
    /// <param name="prefix">What all object names begin with.</param>
    public static List<Upload> Make(CliSession session, string source, string prefix)
    {
        var (directory, pattern) = Split(source);
        if (!Directory.Exists(directory))
        {
            throw new CliException($"\"{source}\" does not exist on this machine: name a file or a directory, or '-' for the standard input", ExitCode.NotFound);
        }

        var start = prefix + (prefix.Length > 0 && !prefix.EndsWith('/') ? "/" : string.Empty)
            + (session.Has(session.Flags.IncludeSourceDirectory) ? Path.GetFileName(directory.TrimEnd('/')) + "/" : string.Empty);
        var files = Chosen(session, directory) ?? Enumerate(directory, pattern, session.Has(session.Flags.Recursive));
        return files.Select(file => new Upload(file, start + Path.GetRelativePath(directory, file).Replace('\\', '/'), new FileInfo(file).Length))
            .OrderBy(upload => upload.ObjectName, StringComparer.Ordinal).ToList();
    }

    private static (string Directory, string Pattern) Split(string source)
    {
        var last = Path.GetFileName(source);
        return last.AsSpan().ContainsAny('*', '?') ? (Path.GetDirectoryName(source)!, last) : (source, "*");
    }

    /// <summary>Files named one by one; null when neither a list nor a template was given.</summary>
    private static IEnumerable<string>? Chosen(CliSession session, string directory)
    {
        var (list, template) = (session.Value(session.Flags.List), session.Value(session.Flags.Template));
        if (list is not null && template is not null)
        {
            throw new UsageException("flags '--list' and '--template' are mutually exclusive");
        }

        var parsed = template is null ? null : NameTemplate.Parse(template);
        if (parsed is { IsPrefix: true })
        {
            return Enumerate(directory, "*", session.Has(session.Flags.Recursive))
                .Where(file => Path.GetRelativePath(directory, file).StartsWith(parsed.Prefix, StringComparison.Ordinal));
        }

        var names = list?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? parsed?.Names();
        return names?.Select(name => Path.Combine(directory, name))
            .Select(file => File.Exists(file) ? file : throw new CliException($"\"{file}\" does not exist", ExitCode.NotFound)).ToArray();
    }

    private static FileSystemEnumerable<string> Enumerate(string directory, string pattern, bool recursive) =>
        new(
            directory,
            (ref FileSystemEntry entry) => entry.ToFullPath(),
            new EnumerationOptions { RecurseSubdirectories = recursive, AttributesToSkip = 0, IgnoreInaccessible = false })
        {
            ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory && FileSystemName.MatchesSimpleExpression(pattern, entry.FileName, ignoreCase: false),

            // A link to a directory may lead round in a circle.
            ShouldRecursePredicate = (ref FileSystemEntry entry) => (entry.Attributes & FileAttributes.ReparsePoint) == 0,
        };
}
