namespace Starling.Cli.Commands.Objects;

/// <summary>
/// Standard input, kept so that it can be sent again: a gateway answers a write with a redirect, and a pipe cannot be read twice.
/// Up to 8 MiB stay in memory, the rest goes to a file that vanishes with the process.
/// </summary>
internal sealed class InputSpool : IAsyncDisposable
{
    private const int MemoryBytes = 8 * 1024 * 1024;

    private readonly byte[] head;
    private readonly string? path;

    private InputSpool(byte[] head, string? path, long lengthBytes)
    {
        this.head = head;
        this.path = path;
        LengthBytes = lengthBytes;
    }

    public long LengthBytes { get; }

    public static async Task<InputSpool> ReadAsync(Stream input, CancellationToken cancellation)
    {
        var buffer = new byte[MemoryBytes];
        var read = await input.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
        if (read < buffer.Length)
        {
            return new InputSpool(buffer[..read], null, read);
        }

        var path = Path.Combine(Path.GetTempPath(), $".ais-put-{Guid.NewGuid():N}");
        try
        {
            await using var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
            await file.WriteAsync(buffer, cancellation).ConfigureAwait(false);
            await input.CopyToAsync(file, cancellation).ConfigureAwait(false);
            return new InputSpool([], path, file.Length);
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }

    public Stream Open() => path is null ? new MemoryStream(head, writable: false) : new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 0, FileOptions.Asynchronous);

    public ValueTask DisposeAsync()
    {
        if (path is not null)
        {
            File.Delete(path);
        }

        return ValueTask.CompletedTask;
    }
}
