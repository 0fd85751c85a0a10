using Microsoft.Win32.SafeHandles;

namespace Starling.Server.Hosting.Transport;

/// <summary>
/// Feature of a connection that can send a part of a file without copying it. The web server still counts what is sent and still times slow clients: it is
/// given memory without content, and what it advances over and flushes is sent from the file instead. Absent where bytes are encrypted on their way.
/// </summary>
internal interface IFileBody
{
    /// <summary>Why the connection was broken while it sent a file; null when it was not, or when the client was the first to leave.</summary>
    string? Failure { get; }

    /// <summary>From now on, what is advanced over is the file's. Headers must have been written, and no flush may be running.</summary>
    /// <param name="file">The file; stays open until <see cref="End"/>.</param>
    /// <param name="offset">Where the part begins, bytes.</param>
    /// <param name="lengthBytes">How long it is.</param>
    void Begin(SafeFileHandle file, long offset, long lengthBytes);

    /// <summary>Whether memory that the web server handed out stands for the file; where not, nothing may be advanced over and the content has to be copied.</summary>
    bool Owns(ReadOnlyMemory<byte> memory);

    /// <summary>The file may be closed now. What was advanced over and not sent makes the rest of the connection worthless: it is aborted.</summary>
    void End();
}
