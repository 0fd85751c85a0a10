using System.Collections.Concurrent;
using Starling.Storage.Files;

namespace Starling.Storage.Objects;

/// <summary>
/// Makes directories and remembers which are known to survive a power cut, so that a commit flushes the chain of parents once and not every time.
/// </summary>
/// <remarks>
/// "It exists" is not enough: another writer may have made the directory a moment ago without having flushed its parent yet. Only who has flushed the
/// parent itself may rely on the entry. The memory is bounded; forgetting costs flushes, not safety.
/// </remarks>
internal sealed class DurableDirectories(IFileLayer files)
{
    private const int MaxRemembered = 100_000;

    private readonly ConcurrentDictionary<string, bool> known = new(StringComparer.Ordinal);

    /// <summary>Makes <paramref name="path"/> and its parents below <paramref name="root"/>, flushing the entry of each in its parent.</summary>
    public void EnsureDurable(string root, string path)
    {
        if (path.Length <= root.Length || known.ContainsKey(path))
        {
            return;
        }

        var parent = Path.GetDirectoryName(path)!;
        EnsureDurable(root, parent);
        files.MakeDirectory(path);
        files.SyncDirectory(parent);
        if (known.Count >= MaxRemembered)
        {
            known.Clear();
        }

        known[path] = true;
    }

    /// <summary>Makes <paramref name="path"/> and its parents below <paramref name="root"/> without flushing anything.</summary>
    public void EnsureExists(string root, string path)
    {
        if (path.Length > root.Length)
        {
            EnsureExists(root, Path.GetDirectoryName(path)!);
            files.MakeDirectory(path);
        }
    }

    /// <summary>Forgets everything at or below a directory that was taken away.</summary>
    public void Forget(string directory)
    {
        foreach (var path in known.Keys)
        {
            if (path == directory || path.StartsWith(directory + "/", StringComparison.Ordinal))
            {
                known.TryRemove(path, out _);
            }
        }
    }
}
