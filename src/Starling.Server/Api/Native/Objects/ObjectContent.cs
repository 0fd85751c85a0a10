using System.Buffers;
using Microsoft.Win32.SafeHandles;
using OpenObject = Starling.Storage.Objects.ObjectReader;
using Starling.Core.Errors;
using Starling.Core.Hashing;
using Starling.Server.Hosting.Transport;
using Starling.Target.Objects;

namespace Starling.Server.Api.Native.Objects;

/// <summary>Sends content as the body of an answer: from a file here, or passed on from a neighbour.</summary>
internal static class ObjectContent
{
    private const int PieceBytes = 256 * 1024;

    /// <summary>Smaller content is cheaper to copy, in one call together with the headers.</summary>
    private const int SendFileFromBytes = 64 * 1024;

    /// <summary>Passes bytes on as they come. What breaks off, or is not what its checksum says, ends the connection before the last piece: headers are out.</summary>
    public static async Task PassOnAsync(ApiCall call, RemoteContent remote)
    {
        var record = remote.Bytes.Record;
        using var checksum = remote.IsWhole && record.ChecksumValue.Length > 0 && ChecksumTypes.TryParse(record.ChecksumType, out var type) ? IncrementalChecksum.Create(type) : null;
        var buffer = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            var left = remote.Bytes.LengthBytes;
            while (left > 0)
            {
                var count = await remote.Bytes.Content.ReadAtLeastAsync(buffer.AsMemory(0, PieceBytes), (int)Math.Min(PieceBytes, left), throwOnEndOfStream: true, call.Cancelled);
                checksum?.Append(buffer.AsSpan(0, count));
                left -= count;
                if (left == 0 && checksum is not null && checksum.FinishHex() != record.ChecksumValue)
                {
                    throw new StoreException(ErrorCode.Corrupt, $"{record.Uname} arrived damaged from the target that keeps it: read it again");
                }

                await call.Response.Body.WriteAsync(buffer.AsMemory(0, count), call.Cancelled);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Sends a part of a file.</summary>
    public static Task SendAsync(ApiCall call, OpenObject content, RangeHeader range) =>
        range.Length >= SendFileFromBytes && content.Descriptor is { } file && call.Http.Features.Get<IFileBody>() is { } sender
            ? SendFileAsync(call, content, file, sender, range)
            : CopyAsync(call, content, range);

    private static async Task SendFileAsync(ApiCall call, OpenObject content, SafeFileHandle file, IFileBody sender, RangeHeader range)
    {
        var left = await FileSending.SendAsync(call.Http, sender, file, range.Offset, range.Length, call.Cancelled);
        if (left > 0)
        {
            await CopyAsync(call, content, new RangeHeader(range.Offset + range.Length - left, left));
        }
    }

    private static async Task CopyAsync(ApiCall call, OpenObject content, RangeHeader range)
    {
        if (content.SizeBytes < SendFileFromBytes)
        {
            // Its content is in memory already: nothing can fail any more, and it goes into the very block that has the headers.
            await call.Response.StartAsync(call.Cancelled);
        }

        var writer = call.Response.BodyWriter;
        var at = range.Offset;
        var left = range.Length;
        while (left > 0)
        {
            var memory = writer.GetMemory((int)Math.Min(left, PieceBytes));
            var count = await content.ReadAsync(memory.Length > left ? memory[..(int)left] : memory, at, call.Cancelled);
            if (count == 0)
            {
                // Headers are out: the only honest way to say that the file is shorter than its record is to break the connection.
                call.Http.Abort();
                return;
            }

            writer.Advance(count);
            at += count;
            left -= count;
            var flushed = await writer.FlushAsync(call.Cancelled);
            if (flushed.IsCompleted)
            {
                return;
            }
        }
    }
}
