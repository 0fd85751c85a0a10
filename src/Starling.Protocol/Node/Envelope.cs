using Starling.Core.Names;
using Starling.Protocol.Identity;

namespace Starling.Protocol.Node;

/// <summary>What one node says to another. One sealed record per kind, grouped in a file per subject.</summary>
public abstract record Message;

/// <summary>A message with the names that both ends check (rule A7).</summary>
/// <param name="ClusterId">The sender's cluster; empty while it has none.</param>
/// <param name="From">The sending process.</param>
/// <param name="FromAddress">The sender's control address, gossip (rule A8).</param>
/// <param name="To">The addressee; none when only an address is known (joins, bootstrap).</param>
/// <param name="ToIncarnation">The incarnation that the sender means; none when it does not know it, or where the message is exempt.</param>
/// <param name="Epoch">The sender's newest placement epoch (rule B2).</param>
/// <param name="AppliedIndex">The sender's applied index (rule B2).</param>
/// <param name="Message">The content.</param>
/// <param name="Relay">True when the receiver shall pass it on to <paramref name="To"/> at most once, because the direct way fails (rule A6).</param>
/// <param name="Relayed">True when it came through another member; it is never passed on again.</param>
public sealed record Envelope(
    string ClusterId,
    NodeIdentity From,
    string FromAddress,
    NodeId To,
    Incarnation ToIncarnation,
    long Epoch,
    long AppliedIndex,
    Message Message,
    bool Relay = false,
    bool Relayed = false)
{
    /// <summary>The highest feature level that the sending process supports; 0 from one that does not say.</summary>
    public int FeatureLevel { get; init; }
}
