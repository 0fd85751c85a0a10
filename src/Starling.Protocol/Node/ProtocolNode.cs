using Starling.Protocol.Consensus;

namespace Starling.Protocol.Node;

/// <summary>
/// One node's part in everything that is decided together: composes consensus, membership, bootstrap and leases. Pure: time, messages and randomness come
/// in, effects go out. Not thread-safe; one caller steps it.
/// </summary>
public sealed class ProtocolNode
{
    private readonly NodeStart start;

    /// <summary>Starts from what the disk held. The first step (a <see cref="Tick"/>) publishes the first view.</summary>
    /// <exception cref="ArgumentException">A setting is out of its bounds; the message names it.</exception>
    public ProtocolNode(NodeStart start)
    {
        ArgumentNullException.ThrowIfNull(start);
        if (start.Settings.Validate() is { } problem)
        {
            throw new ArgumentException(problem, nameof(start));
        }

        this.start = start;
        View = new NodePublication { Self = new(start.Facts.Id, start.Restored.Incarnation, start.Session), State = start.Restored.Snapshot.State };
    }

    /// <summary>The newest published view.</summary>
    public NodePublication View { get; }

    /// <summary>Takes one input; returns what to do, front to back. Never throws for what a peer did; a broken invariant ends in <see cref="Halt"/>.</summary>
    public EffectList Step(in Input input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return start.Facts.Id.IsNone ? new EffectList([new Halt("the node has no id")]) : default;
    }
}
