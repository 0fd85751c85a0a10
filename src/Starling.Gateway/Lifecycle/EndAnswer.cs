using Starling.Core.Wire;
using Starling.Protocol.State;

namespace Starling.Gateway.Lifecycle;

/// <summary>How a node answered an order to end.</summary>
public enum EndAnswerKind
{
    /// <summary>It took the order and ends by itself, whatever becomes of the asker.</summary>
    Taken,

    /// <summary>It answered that it belongs to no cluster.</summary>
    NoMember,

    /// <summary>It refused.</summary>
    Refused,

    /// <summary>It could not be reached.</summary>
    Unreachable,
}

/// <summary>A node's answer.</summary>
/// <param name="Kind">What it means.</param>
/// <param name="Text">The node's words, or those of the network; empty when the order was taken.</param>
public sealed record EndAnswer(EndAnswerKind Kind, string Text = "")
{
    /// <summary>
    /// What is left to be done at a node after this answer; null: nothing. A node that is gone has ended if it took such an order before, or, when only
    /// processes are to end, if it is on record that it stopped.
    /// </summary>
    /// <param name="node">The node as the asker knows it.</param>
    /// <param name="order">What it was told.</param>
    /// <param name="earlier">The order that this process of the node is known to have taken before; null: none.</param>
    public string? Left(NodeEntry node, EndOrderWire order, EndOrderWire? earlier)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(order);
        var isOver = Kind switch
        {
            EndAnswerKind.Taken => true,
            EndAnswerKind.Unreachable => earlier?.Covers(order) == true || (!order.Decommission && node.StoppedInOrder),
            EndAnswerKind.NoMember => earlier?.Covers(order) == true || (order.Decommission && !order.RemoveUserData),
            _ => false,
        };
        return isOver ? null : Text;
    }
}
