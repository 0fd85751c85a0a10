using Starling.Storage.Objects;

namespace Starling.Target.Neighbors;

/// <summary>Why a message between targets is not taken at all.</summary>
public enum NeighborRefusal
{
    /// <summary>It is taken.</summary>
    None,

    /// <summary>Its bytes make no sense.</summary>
    Malformed,

    /// <summary>It comes from another cluster or a superseded process, or it is meant for another node.</summary>
    Stranger,
}

/// <summary>What a target answers to a message of another one.</summary>
/// <param name="Message">The answer's bytes; empty when it is refused.</param>
/// <param name="Refusal">Whether it is refused, and why.</param>
/// <param name="Reason">The reason in words, for people.</param>
public readonly record struct NeighborReply(byte[] Message, NeighborRefusal Refusal = NeighborRefusal.None, string Reason = "");

/// <summary>Bytes that were asked for; dispose it.</summary>
public sealed class ContentReply : IDisposable
{
    /// <summary>The answer that goes beside the bytes, or the refusal.</summary>
    public required NeighborReply Reply { get; init; }

    /// <summary>The open record; null: there is none.</summary>
    public ObjectReader? Content { get; init; }

    /// <summary>First byte.</summary>
    public long Offset { get; init; }

    /// <summary>Number of bytes.</summary>
    public long LengthBytes { get; init; }

    /// <inheritdoc/>
    public void Dispose() => Content?.Dispose();
}
