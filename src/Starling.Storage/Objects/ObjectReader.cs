using Microsoft.Win32.SafeHandles;
using Starling.Storage.Files;

namespace Starling.Storage.Objects;

/// <summary>An object opened for reading: the record was read from the very file that is served, so bytes and metadata belong together even while the name is overwritten.</summary>
public sealed class ObjectReader : IDisposable
{
    private readonly IOpenFile file;

    internal ObjectReader(IOpenFile file, ObjectRecord record)
    {
        this.file = file;
        Record = record;
    }

    /// <summary>The record.</summary>
    public ObjectRecord Record { get; }

    /// <summary>Bytes of content.</summary>
    public long SizeBytes => Record.SizeBytes;

    /// <summary>The descriptor for sendfile(2), positioned by the caller's offset; null on a file layer without descriptors.</summary>
    public SafeFileHandle? Descriptor => file.Descriptor;

    /// <summary>Reads at an offset; 0 at the end.</summary>
    public ValueTask<int> ReadAsync(Memory<byte> buffer, long offset, CancellationToken cancellationToken) =>
        file.ReadAsync(buffer, offset, cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();
}

/// <summary>Result of opening: a look-up result and, for a live object, the open file.</summary>
/// <param name="Lookup">What was found; a live object exactly when <paramref name="Reader"/> is not null.</param>
/// <param name="Reader">The open object; the caller disposes it.</param>
public readonly record struct OpenReadResult(LookupResult Lookup, ObjectReader? Reader);
