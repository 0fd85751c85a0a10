using Starling.Core.Names;
using Starling.Protocol.Objects;
using Starling.Storage.Objects;
using Starling.Target.Neighbors;

namespace Starling.Target.Objects;

/// <summary>Some of an object's bytes.</summary>
/// <param name="Offset">First byte.</param>
/// <param name="LengthBytes">How many; -1: to the end.</param>
public readonly record struct BytePart(long Offset, long LengthBytes)
{
    /// <summary>All of them.</summary>
    public static BytePart Whole { get; } = new(0, -1);
}

/// <summary>Bytes of an answer that lie on a neighbour (rule B7): they are passed through, not kept. Dispose it.</summary>
public sealed class RemoteContent : IAsyncDisposable
{
    private static readonly TimeSpan OpenWithin = TimeSpan.FromSeconds(5);

    private readonly Func<CancellationToken, Task<NeighborOpen>> reopen;

    private RemoteContent(NeighborContent bytes, Func<CancellationToken, Task<NeighborOpen>> reopen)
    {
        Bytes = bytes;
        this.reopen = reopen;
    }

    /// <summary>The bytes, to be read once.</summary>
    public NeighborContent Bytes { get; private set; }

    /// <summary>Whether they are the whole object, so that its checksum can be compared.</summary>
    public bool IsWhole => Bytes.LengthBytes == Bytes.Record.SizeBytes;

    /// <summary>Lets the bytes be read from their beginning again.</summary>
    /// <exception cref="Core.Errors.StoreException">They cannot be had any more.</exception>
    public async Task RewindAsync(CancellationToken cancellationToken)
    {
        await Bytes.DisposeAsync();
        var again = await reopen(cancellationToken);
        Bytes = again.IsOpen ? again.Content : throw new Core.Errors.StoreException(again.Error);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Bytes.DisposeAsync();

    /// <summary>Opens them; null when they cannot be had.</summary>
    internal static async Task<RemoteContent?> OpenAsync(
        TargetNode node, ObjectName name, PlanAction answer, ObjectRecord record, BytePart part, TimeSpan left, CancellationToken cancellationToken)
    {
        var within = left < OpenWithin ? left : OpenWithin;
        var question = new ContentQuestion(name, record.Key, answer.Epoch, node.View.Current.AppliedIndex) { Offset = part.Offset, LengthBytes = part.LengthBytes };
        Task<NeighborOpen> ReopenAsync(CancellationToken cancel) => node.Neighbors.OpenAsync(answer.Node, question, within, cancel);
        var opened = await ReopenAsync(cancellationToken);
        return opened.IsOpen ? new RemoteContent(opened.Content, ReopenAsync) : null;
    }
}
