using Starling.Storage.Files;

namespace Starling.Tests.Storage;

/// <summary>A directory on a real filesystem that takes extended attributes; removed at the end.</summary>
internal sealed class ScratchDirectory : IDisposable
{
    public ScratchDirectory()
    {
        // Where the temporary directory has no user attributes (some tmpfs), the build's own folder serves: the tests run in either case.
        Path = MakeIn(System.IO.Path.GetTempPath());
        if (!TakesAttributes(Path))
        {
            Directory.Delete(Path, recursive: true);
            Path = MakeIn(System.IO.Path.Combine(Repository.Root, "artifacts", "scratch"));
            if (!TakesAttributes(Path))
            {
                throw new InvalidOperationException($"neither the temporary directory nor {Path} takes user extended attributes: run the tests on ext4 or xfs");
            }
        }
    }

    public string Path { get; }

    public string Make(string name) => Directory.CreateDirectory(System.IO.Path.Combine(Path, name)).FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private static string MakeIn(string parent) =>
        Directory.CreateDirectory(System.IO.Path.Combine(parent, "starling-storage-" + Guid.NewGuid().ToString("N"))).FullName;

    private static bool TakesAttributes(string path)
    {
        try
        {
            using var file = new LinuxFileLayer().Open(path + "/probe", FileOpenMode.CreateNew);
            file.SetAttribute("user.probe", "x"u8);
            return true;
        }
        catch (FileLayerException exception) when (exception.Errno == Errno.EOPNOTSUPP)
        {
            return false;
        }
    }
}
