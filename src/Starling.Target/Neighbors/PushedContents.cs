using System.Buffers;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Storage.Objects;

namespace Starling.Target.Neighbors;

/// <summary>Content that came with its offer.</summary>
internal sealed class InlineContent(ObjectRecord record, ReadOnlyMemory<byte> content) : IPushedContent
{
    public ObjectRecord Record => record;

    public async Task<StoreError?> CopyToAsync(WriteSession session, CancellationToken cancellationToken)
    {
        await session.WriteAsync(content, cancellationToken);
        return null;
    }
}

/// <summary>Content that is fetched from the sender when it is wanted: it leaves there without being copied, and a receiver that needs none of it asks for none.</summary>
internal sealed class FetchedContent(INeighbors neighbors, NodeId sender, ContentQuestion question, ObjectRecord record) : IPushedContent
{
    private const int PieceBytes = 256 * 1024;
    private static readonly TimeSpan FirstWithin = TimeSpan.FromSeconds(10);

    public ObjectRecord Record => record;

    public async Task<StoreError?> CopyToAsync(WriteSession session, CancellationToken cancellationToken)
    {
        var opened = await neighbors.OpenAsync(sender, question, FirstWithin, cancellationToken);
        if (!opened.IsOpen)
        {
            return opened.Error;
        }

        await using var content = opened.Content;
        var buffer = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            while (true)
            {
                int count;
                try
                {
                    count = await content.Content.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
                }
                catch (StoreException broken)
                {
                    return broken.Error;
                }

                if (count == 0)
                {
                    return null;
                }

                await session.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
