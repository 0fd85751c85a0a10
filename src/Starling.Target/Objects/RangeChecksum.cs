using System.Buffers;
using Starling.Core.Hashing;

namespace Starling.Target.Objects;

/// <summary>The checksum of a part of an object, for buckets whose ranged answers carry it.</summary>
public static class RangeChecksum
{
    /// <summary>Reads the range once; lower-case hexadecimal.</summary>
    public static async Task<string> ComputeAsync(Starling.Storage.Objects.ObjectReader content, string type, long offset, long length, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(content);
        using var checksum = IncrementalChecksum.Create(ChecksumTypes.Parse(type));
        var buffer = ArrayPool<byte>.Shared.Rent(128 * 1024);
        try
        {
            while (length > 0 && await content.ReadAsync(buffer.AsMemory(0, (int)Math.Min(length, buffer.Length)), offset, cancellationToken) is > 0 and var count)
            {
                checksum.Append(buffer.AsSpan(0, count));
                offset += count;
                length -= count;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return checksum.FinishHex();
    }

    /// <summary>Reads a stream to its end; lower-case hexadecimal.</summary>
    public static async Task<string> ComputeAsync(Stream content, string type, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(content);
        using var checksum = IncrementalChecksum.Create(ChecksumTypes.Parse(type));
        var buffer = ArrayPool<byte>.Shared.Rent(128 * 1024);
        try
        {
            while (await content.ReadAsync(buffer, cancellationToken) is > 0 and var count)
            {
                checksum.Append(buffer.AsSpan(0, count));
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return checksum.FinishHex();
    }
}
