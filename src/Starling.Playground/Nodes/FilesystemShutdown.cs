using System.Globalization;
using System.Runtime.InteropServices;

namespace Starling.Playground.Nodes;

/// <summary>Takes the power from a filesystem: nothing that is not on the device yet will ever get there.</summary>
internal static partial class FilesystemShutdown
{
    // _IOR('X', 125, __u32), understood by ext4, xfs and f2fs; flag 2 keeps the journal from being flushed.
    private const ulong ShutdownRequest = 0x8004587D;
    private const uint NoLogFlush = 2;

    public static int Run(string path)
    {
        using var directory = OpenDirectory(path);
        var flags = NoLogFlush;
        if (Ioctl(directory.DangerousGetHandle().ToInt32(), ShutdownRequest, ref flags) != 0)
        {
            throw new PlaygroundException(string.Create(CultureInfo.InvariantCulture,
                $"cannot shut down the filesystem of {path}: errno {Marshal.GetLastPInvokeError()} (root and ext4, xfs or f2fs are needed)"));
        }

        return 0;
    }

    private static Microsoft.Win32.SafeHandles.SafeFileHandle OpenDirectory(string path)
    {
        const int directoryReadOnly = 0x10000;
        var handle = new Microsoft.Win32.SafeHandles.SafeFileHandle(Open(path, directoryReadOnly), ownsHandle: true);
        return handle.IsInvalid ? throw new PlaygroundException($"cannot open the directory {path}") : handle;
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Ioctl(int file, ulong request, ref uint argument);
}
