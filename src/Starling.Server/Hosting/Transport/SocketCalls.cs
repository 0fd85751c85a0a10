using System.Runtime.InteropServices;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace Starling.Server.Hosting.Transport;

/// <summary>The system calls of the socket transport, as they are. Handles are safe handles, so that no call meets a number that was closed and given away meanwhile.</summary>
internal static unsafe partial class SocketCalls
{
    internal const int Interrupted = 4;
    internal const int TryAgain = 11;
    internal const int BrokenPipe = 32;
    internal const int ConnectionReset = 104;

    internal const int NoSignal = 0x4000;
    internal const int More = 0x8000;
    internal const int DontWaitForDisk = 8;

    internal const uint EventIn = 0x1;
    internal const uint EventOut = 0x4;
    internal const uint EventError = 0x8;
    internal const uint EventHangUp = 0x10;
    internal const uint EventPeerHangUp = 0x2000;
    internal const uint EdgeTriggered = 1u << 31;

    internal const int ControlAdd = 1;
    internal const int CloseOnExec = 0x80000;

    /// <summary>struct epoll_event is packed on x86-64 only.</summary>
    private static bool Packed => RuntimeInformation.ProcessArchitecture == Architecture.X64;

    internal static int LastError => Marshal.GetLastPInvokeError();

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int CreatePoll(int flags);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    private static partial int CreateEvent(uint initial, int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int ControlPoll(SafeFileHandle poll, int operation, SafeHandle descriptor, byte* change);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    private static partial int WaitPoll(SafeFileHandle poll, byte* found, int maxFound, int timeoutMs);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    internal static partial nint Receive(SafeSocketHandle socket, byte* buffer, nint count, int flags);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    internal static partial nint Send(SafeSocketHandle socket, byte* buffer, nint count, int flags);

    [LibraryImport("libc", EntryPoint = "sendfile", SetLastError = true)]
    internal static partial nint SendFile(SafeSocketHandle socket, SafeFileHandle file, long* offset, nint count);

    [LibraryImport("libc", EntryPoint = "preadv2", SetLastError = true)]
    private static partial nint ReadVector(SafeFileHandle file, Segment* segments, int count, long offset, int flags);

    /// <summary>A new epoll instance.</summary>
    /// <exception cref="IOException">The process may not open another descriptor.</exception>
    internal static SafeFileHandle NewPoll() => Owned(CreatePoll(CloseOnExec), "epoll_create1");

    /// <summary>A descriptor that is readable from the beginning: added to an epoll instance, it wakes every waiter.</summary>
    /// <exception cref="IOException">The process may not open another descriptor.</exception>
    internal static SafeFileHandle NewSetEvent() => Owned(CreateEvent(1, CloseOnExec), "eventfd");

    /// <summary>Watches a descriptor; its events carry <paramref name="id"/>.</summary>
    /// <exception cref="IOException">The kernel has no memory or no watches left.</exception>
    internal static void Watch(SafeFileHandle poll, SafeHandle descriptor, uint events, long id)
    {
        var change = stackalloc byte[16];
        *(uint*)change = events;
        *(long*)(change + (Packed ? 4 : 8)) = id;
        if (ControlPoll(poll, ControlAdd, descriptor, change) != 0)
        {
            throw new IOException($"epoll_ctl failed with error {LastError}");
        }
    }

    /// <summary>Waits for one event; false when none came in time.</summary>
    /// <exception cref="IOException">The epoll instance is not usable any more.</exception>
    internal static bool WaitOne(SafeFileHandle poll, int timeoutMs, out uint events, out long id)
    {
        var found = stackalloc byte[16];
        var count = WaitPoll(poll, found, 1, timeoutMs);
        if (count < 0 && LastError != Interrupted)
        {
            throw new IOException($"epoll_wait failed with error {LastError}");
        }

        events = *(uint*)found;
        id = *(long*)(found + (Packed ? 4 : 8));
        return count > 0;
    }

    /// <summary>False when reading this byte would have to wait for the disk.</summary>
    internal static bool IsInMemory(SafeFileHandle file, long offset)
    {
        byte one;
        var segment = new Segment { Start = &one, Length = 1 };
        return ReadVector(file, &segment, 1, offset, DontWaitForDisk) >= 0 || LastError != TryAgain;
    }

    private static SafeFileHandle Owned(int descriptor, string call) =>
        descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw new IOException($"{call} failed with error {LastError}");

    /// <summary>struct iovec.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Segment
    {
        public byte* Start;
        public nint Length;
    }
}
