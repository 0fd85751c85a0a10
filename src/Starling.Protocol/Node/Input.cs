using System.Collections.Immutable;
using Starling.Core.Names;
using Starling.Protocol.Operations;
using Starling.Protocol.State.Commands;

namespace Starling.Protocol.Node;

/// <summary>Everything that can happen to a node.</summary>
public abstract record Input;

/// <summary>Time goes on. To be given at least every 100 ms; a gap over one second voids the lease until it is renewed (rule B3).</summary>
/// <param name="NowNs">Nanoseconds of a clock that never steps and counts suspension (CLOCK_BOOTTIME).</param>
/// <param name="WallNs">Nanoseconds of the wall clock since 1970; only compared with the other one, and used for display.</param>
public sealed record Tick(long NowNs, long WallNs) : Input;

/// <summary>A message came in.</summary>
/// <param name="Envelope">As the sender wrote it.</param>
public sealed record Received(Envelope Envelope) : Input;

/// <summary>A message could not be delivered: refused, unreachable, or no answer within the transport's limit. The node tries one hop through another member.</summary>
/// <param name="Address">Where it was sent to.</param>
/// <param name="Envelope">What was sent.</param>
public sealed record SendFailed(string Address, Envelope Envelope) : Input;

/// <summary>Somebody on this node wants a command committed. Answered by exactly one <see cref="Answer"/>, after this node has applied it.</summary>
/// <param name="LocalRequestId">Chosen by the caller, unique while outstanding.</param>
/// <param name="Command">What to commit.</param>
/// <param name="TimeoutNs">Nanoseconds after which the answer is "unknown outcome" (or "unavailable" when it was never sent).</param>
public sealed record ProposalRequested(long LocalRequestId, Command Command, long TimeoutNs = 20_000_000_000) : Input;

/// <summary>Somebody wants to read state that is current now. Answered by exactly one <see cref="AnswerRead"/>, once the index is applied here (rule A10).</summary>
/// <param name="LocalRequestId">Chosen by the caller, unique while outstanding.</param>
/// <param name="TimeoutNs">Nanoseconds after which the answer is "unavailable".</param>
public sealed record ReadIndexRequested(long LocalRequestId, long TimeoutNs = 5_000_000_000) : Input;

/// <summary>An administrator wants another leader. Answered by exactly one <see cref="Answer"/>.</summary>
/// <param name="LocalRequestId">Chosen by the caller, unique while outstanding.</param>
/// <param name="Target">The voter that shall lead; refused when it is not an electable voter.</param>
public sealed record TransferRequested(long LocalRequestId, NodeId Target) : Input;

/// <summary>`ais cluster init`: form a cluster of this gateway alone (rule A9). Answered by exactly one <see cref="Answer"/>.</summary>
/// <param name="LocalRequestId">Chosen by the caller, unique while outstanding.</param>
/// <param name="DiscardPending">Give up a consent whose proposer died for good.</param>
public sealed record InitRequested(long LocalRequestId, bool DiscardPending) : Input;

/// <summary>The batch of this token, and all before it, are on the disk. Completions come in order.</summary>
/// <param name="Token">As in <see cref="Persist"/>.</param>
public sealed record PersistCompleted(long Token) : Input;

/// <summary>Result of <see cref="ProbeData"/>.</summary>
/// <param name="Node">The node that was probed on the data network.</param>
/// <param name="Reachable">Whether it answered as that node.</param>
public sealed record DataProbed(NodeId Node, bool Reachable) : Input;

/// <summary>
/// This target's pass for an epoch has ended clean: no errors, no lost mountpath, everything verified (rule B9). The node tells the leader until the
/// state shows it.
/// </summary>
/// <param name="Epoch">The epoch that the pass was for.</param>
/// <param name="StartedIndex">Applied index when the pass started.</param>
/// <param name="Receivers">Who answered its verification, sorted; empty when there was nothing to verify.</param>
/// <param name="OpenUploads">Uploads that are open here and belong elsewhere; the leader waits until there are none (rule A20).</param>
public sealed record PassFinished(long Epoch, long StartedIndex, ImmutableArray<NodeId> Receivers, int OpenUploads) : Input;

/// <summary>How this target's pass goes, and what its disks hold; the node passes on the newest one about once a second.</summary>
/// <param name="Summary">The newest summary.</param>
public sealed record PassProgressed(PassSummary Summary) : Input;

/// <summary>A running target has other mountpaths than before: one was lost, came back or was added (rule B10). The node has it committed.</summary>
/// <param name="Present">Ids of those that it has now, sorted.</param>
public sealed record MountpathsChanged(ImmutableArray<string> Present) : Input;

/// <summary>Somebody asks whether a node may be powered off (rule A20). Answered by exactly one <see cref="AnswerSafety"/>.</summary>
/// <param name="LocalRequestId">Chosen by the caller, unique while outstanding.</param>
/// <param name="Node">The node.</param>
/// <param name="TimeoutNs">Nanoseconds after which the answer is <i>unknown</i>.</param>
public sealed record SafetyRequested(long LocalRequestId, NodeId Node, long TimeoutNs = 5_000_000_000) : Input;

/// <summary>
/// This process has erased itself as its permit says (rule A18). The node tells the leader until it is no member any more.
/// </summary>
public sealed record EraseFinished : Input;

/// <summary>The process is about to stop: leadership is handed over, a target gives up its lease; membership does not change (rule A16). <see cref="NodePublication.StopReady"/> says when it may exit.</summary>
public sealed record Stopping : Input;
