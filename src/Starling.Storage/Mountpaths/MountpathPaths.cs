using System.Text;
using Starling.Core.Errors;
using Starling.Storage.Files;

namespace Starling.Storage.Mountpaths;

/// <summary>The rules that a list of mountpath paths obeys before anything is read or written.</summary>
internal static class MountpathPaths
{
    private const int MaxPathBytes = 255;

    /// <summary>The cleaned paths in ordinal order.</summary>
    /// <exception cref="StoreException">A path breaks a rule; the message names it and the remedy.</exception>
    public static string[] Clean(IReadOnlyList<string> paths)
    {
        if (paths.Count == 0)
        {
            throw new StoreException(ErrorCode.Invalid, "no mountpath is given: name at least one directory");
        }

        var cleaned = paths.Select(CleanOne).Order(StringComparer.Ordinal).ToArray();
        for (var i = 0; i < cleaned.Length; i++)
        {
            for (var j = i + 1; j < cleaned.Length; j++)
            {
                if (cleaned[i] == cleaned[j] || cleaned[j].StartsWith(cleaned[i] + "/", StringComparison.Ordinal))
                {
                    throw new StoreException(ErrorCode.Invalid, $"mountpath \"{cleaned[j]}\" lies inside \"{cleaned[i]}\": mountpaths must not nest or repeat");
                }
            }
        }

        return cleaned;
    }

    /// <summary>Refuses what is no directory, what is read-only and, unless allowed, what shares a filesystem.</summary>
    public static void CheckFilesystems(IFileLayer files, IReadOnlyList<string> present, bool allowShared)
    {
        var byDevice = new SortedDictionary<ulong, string>();
        foreach (var path in present)
        {
            var facts = files.Stat(path)!.Value;
            if (!facts.IsDirectory)
            {
                throw new StoreException(ErrorCode.Invalid, $"mountpath \"{path}\" is not a directory");
            }

            if (files.StatFileSystem(path).ReadOnly)
            {
                throw new StoreException(ErrorCode.DiskFailure, $"mountpath \"{path}\" is on a read-only filesystem: remount it for writing, or leave it out");
            }

            if (!byDevice.TryAdd(facts.Device, path) && !allowShared)
            {
                throw new StoreException(
                    ErrorCode.Invalid, $"mountpaths \"{byDevice[facts.Device]}\" and \"{path}\" share one filesystem: use one mountpath per filesystem (sharing is for development only)");
            }
        }
    }

    private static string CleanOne(string path)
    {
        if (string.IsNullOrEmpty(path) || path[0] != '/')
        {
            throw new StoreException(ErrorCode.Invalid, $"mountpath \"{path}\" is not an absolute path");
        }

        var cleaned = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        if (cleaned == "/")
        {
            throw new StoreException(ErrorCode.Invalid, "mountpath \"/\" is refused: name a directory of its own");
        }

        return Encoding.UTF8.GetByteCount(cleaned) <= MaxPathBytes
            ? cleaned
            : throw new StoreException(ErrorCode.Invalid, $"mountpath \"{cleaned[..64]}...\" is longer than {MaxPathBytes} bytes");
    }
}
