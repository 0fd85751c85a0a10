using System.Buffers;
using Microsoft.Win32.SafeHandles;
using Starling.Storage.Files;

namespace Starling.Storage.Objects;

/// <summary>An object opened for reading: the record was read from the very file that is served, so bytes and metadata belong together even while the name is overwritten.</summary>
public sealed class ObjectReader : IDisposable
{
    private readonly IOpenFile file;
    private byte[]? content;

    /// <summary>Takes over the file and, for a small object, its content in an array of the shared pool.</summary>
    internal ObjectReader(IOpenFile file, byte[]? content, ObjectRecord record)
    {
        this.file = file;
        this.content = content;
        Record = record;
    }

    /// <summary>The record.</summary>
    public ObjectRecord Record { get; }

    /// <summary>Bytes of content.</summary>
    public long SizeBytes => Record.SizeBytes;

    /// <summary>The descriptor for sendfile(2), positioned by the caller's offset; null on a file layer without descriptors.</summary>
    public SafeFileHandle? Descriptor => file.Descriptor;

    /// <summary>Reads at an offset; 0 at the end.</summary>
    public ValueTask<int> ReadAsync(Memory<byte> buffer, long offset, CancellationToken cancellationToken)
    {
        if (content is null)
        {
            return file.ReadAsync(buffer, offset, cancellationToken);
        }

        var count = (int)Math.Clamp(SizeBytes - offset, 0, buffer.Length);
        content.AsSpan((int)Math.Min(offset, SizeBytes), count).CopyTo(buffer.Span);
        return new ValueTask<int>(count);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        file.Dispose();
        if (Interlocked.Exchange(ref content, null) is { } array)
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }
}

/// <summary>Result of opening: a look-up result and, for a live object, the open file.</summary>
/// <param name="Lookup">What was found; a live object exactly when <paramref name="Reader"/> is not null.</param>
/// <param name="Reader">The open object; the caller disposes it.</param>
public readonly record struct OpenReadResult(LookupResult Lookup, ObjectReader? Reader);
