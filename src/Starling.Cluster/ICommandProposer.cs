using Starling.Core.Names;
using Starling.Protocol.Operations;
using Starling.Protocol.State.Commands;

namespace Starling.Cluster;

/// <summary>How the services of a node change and read the committed state.</summary>
public interface ICommandProposer
{
    /// <summary>
    /// Has a command committed, through the leader wherever it is, and returns after this node has applied it (rule A10). A refused command is an
    /// outcome with an error, not an exception.
    /// </summary>
    /// <exception cref="Core.Errors.StoreException">Unavailable: it did not happen, try again; UnknownOutcome: it may or may not happen.</exception>
    Task<CommandOutcome> ProposeAsync(Command command, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>An index that is current as of after the call, and applied here when the task ends (rule A10).</summary>
    /// <exception cref="Core.Errors.StoreException">Unavailable: no leader confirmed itself in time.</exception>
    Task<long> ReadIndexAsync(TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>Hands leadership to another voter; ends when the transfer has begun.</summary>
    /// <exception cref="Core.Errors.StoreException">Why not.</exception>
    Task TransferLeadershipAsync(NodeId target, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>Asks the leader whether a node may be powered off (rule A20); <i>unknown</i> when no leader answers in time.</summary>
    /// <param name="node">The node.</param>
    /// <param name="timeout">How long to wait for the answer.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    Task<SafetyVerdict> AskSafetyAsync(NodeId node, TimeSpan timeout, CancellationToken cancellationToken);

    /// <summary>Forms a cluster of this gateway alone (rule A9).</summary>
    /// <param name="discardPending">Give up a consent whose proposer died for good.</param>
    /// <param name="timeout">How long to wait for the answer.</param>
    /// <param name="cancellationToken">Ends the wait, not the act.</param>
    /// <exception cref="Core.Errors.StoreException">Why not.</exception>
    Task InitClusterAsync(bool discardPending, TimeSpan timeout, CancellationToken cancellationToken);
}
