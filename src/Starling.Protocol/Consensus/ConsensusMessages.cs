using System.Collections.Immutable;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Node;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;

namespace Starling.Protocol.Consensus;

/// <summary>Would you vote for me in the next term? (Rule A3; nothing is persisted.)</summary>
/// <param name="Term">The term it would stand in.</param>
/// <param name="LastIndex">Last entry of the candidate's log.</param>
/// <param name="LastTerm">Term of that entry.</param>
/// <param name="Round">Number of the attempt, echoed.</param>
public sealed record PreVoteRequest(long Term, long LastIndex, long LastTerm, long Round) : Message;

/// <summary>Answer to <see cref="PreVoteRequest"/>.</summary>
/// <param name="Term">The voter's own term.</param>
/// <param name="Granted">Whether it would vote.</param>
/// <param name="Round">As asked.</param>
public sealed record PreVoteResponse(long Term, bool Granted, long Round) : Message;

/// <summary>Vote for me in this term. Ignores ranks (rule A3).</summary>
/// <param name="Term">The term it stands in.</param>
/// <param name="LastIndex">Last entry of the candidate's log.</param>
/// <param name="LastTerm">Term of that entry.</param>
/// <param name="Transfer">The leader asked for it: silence is not required.</param>
public sealed record VoteRequest(long Term, long LastIndex, long LastTerm, bool Transfer) : Message;

/// <summary>Answer to <see cref="VoteRequest"/>; the vote is on the disk before it is sent.</summary>
/// <param name="Term">The voter's term.</param>
/// <param name="Granted">Whether it voted for the candidate.</param>
public sealed record VoteResponse(long Term, bool Granted) : Message;

/// <summary>Replicate entries. Without entries: a probe for the matching point.</summary>
/// <param name="Term">The leader's term.</param>
/// <param name="PreviousIndex">Index before the first entry.</param>
/// <param name="PreviousTerm">Term of that entry.</param>
/// <param name="Entries">Consecutive entries.</param>
/// <param name="CommitIndex">The leader's commit index.</param>
/// <param name="Acknowledged">What the receiver has acknowledged in this term: a log that ends below was lost (rule A7).</param>
/// <param name="Round">Number of the leadership confirmation, echoed.</param>
public sealed record AppendRequest(
    long Term, long PreviousIndex, long PreviousTerm, ImmutableArray<LogEntry> Entries, long CommitIndex, long Acknowledged, long Round) : Message;

/// <summary>Answer to <see cref="AppendRequest"/>; everything up to <paramref name="Index"/> is on the disk before it is sent.</summary>
/// <param name="Term">The receiver's term.</param>
/// <param name="Success">Whether the previous entry matched.</param>
/// <param name="Index">Success: last index that matches and is durable; else where the leader shall try next.</param>
/// <param name="Round">As asked.</param>
/// <param name="LastIndex">Last entry of the receiver's log.</param>
public sealed record AppendResponse(long Term, bool Success, long Index, long Round, long LastIndex) : Message;

/// <summary>I lead; sent every heartbeat interval, and at once to confirm leadership. Answered without waiting for the disk (rule A5).</summary>
/// <param name="Term">The leader's term.</param>
/// <param name="CommitIndex">Committed, as far as the receiver is known to match.</param>
/// <param name="Acknowledged">As in <see cref="AppendRequest"/>.</param>
/// <param name="Round">Number of the leadership confirmation, echoed.</param>
public sealed record HeartbeatRequest(long Term, long CommitIndex, long Acknowledged, long Round) : Message;

/// <summary>Answer to <see cref="HeartbeatRequest"/>.</summary>
/// <param name="Term">The receiver's term.</param>
/// <param name="Round">As asked.</param>
/// <param name="LastIndex">Last entry of the receiver's log.</param>
public sealed record HeartbeatResponse(long Term, long Round, long LastIndex) : Message;

/// <summary>Stand for election now: the leader hands over.</summary>
/// <param name="Term">The leader's term.</param>
public sealed record TimeoutNow(long Term) : Message;

/// <summary>A piece of a snapshot; typed inside one process, bytes on the wire.</summary>
/// <param name="Bytes">Part of the encoded state; empty when <paramref name="State"/> is given.</param>
/// <param name="State">The whole state, in the last part, where nothing is encoded.</param>
public sealed record SnapshotPart(ImmutableArray<byte> Bytes, ClusterState? State);

/// <summary>One part of a snapshot; the receiver asks for the next one, so an interrupted install resumes (rule A13).</summary>
/// <param name="Term">The leader's term.</param>
/// <param name="Index">Last index of the snapshot.</param>
/// <param name="IndexTerm">Term of that entry.</param>
/// <param name="Voters">Voter set as of that index.</param>
/// <param name="Number">Number of this part, from 0.</param>
/// <param name="Count">Number of parts.</param>
/// <param name="Part">Content.</param>
public sealed record SnapshotRequest(long Term, long Index, long IndexTerm, VoterSet Voters, int Number, int Count, SnapshotPart Part) : Message;

/// <summary>Answer to <see cref="SnapshotRequest"/>.</summary>
/// <param name="Term">The receiver's term.</param>
/// <param name="Index">Which snapshot.</param>
/// <param name="NextNumber">Part wanted next; equal to the count when the snapshot is installed and durable.</param>
public sealed record SnapshotResponse(long Term, long Index, int NextNumber) : Message;

/// <summary>A node passes a proposal to the leader.</summary>
/// <param name="Number">Chosen by the sender, echoed. The leader's first answer to a number is final.</param>
/// <param name="Term">The term whose leader is meant: a copy that arrives in a later one is not appended.</param>
/// <param name="Command">What to commit.</param>
public sealed record ProposeRequest(long Number, long Term, Command Command) : Message;

/// <summary>The leader's answer to <see cref="ProposeRequest"/>.</summary>
/// <param name="Number">As asked.</param>
/// <param name="Index">Where it was appended; the sender answers when it has applied that index in that term. 0: not appended.</param>
/// <param name="Term">Term of the entry.</param>
/// <param name="Error">Why it was not appended; null when it was.</param>
public sealed record ProposeResponse(long Number, long Index, long Term, StoreError? Error) : Message;

/// <summary>A node asks for an index that is current (rule A10).</summary>
/// <param name="Number">Chosen by the sender, echoed.</param>
public sealed record ReadIndexRequest(long Number) : Message;

/// <summary>Answer to <see cref="ReadIndexRequest"/>.</summary>
/// <param name="Number">As asked.</param>
/// <param name="Index">Current as of after the request came in; null: this node cannot say.</param>
public sealed record ReadIndexResponse(long Number, long? Index) : Message;

/// <summary>A node passes a wish for another leader to the leader.</summary>
/// <param name="Number">Chosen by the sender, echoed.</param>
/// <param name="Target">The voter that shall lead.</param>
public sealed record TransferRequest(long Number, NodeId Target) : Message;

/// <summary>Answer to <see cref="TransferRequest"/>.</summary>
/// <param name="Number">As asked.</param>
/// <param name="Error">Why not; null: the transfer has begun.</param>
public sealed record TransferResponse(long Number, StoreError? Error) : Message;

/// <summary>Cuts a state into parts and joins them again. Must be pure; encoding the same state gives the same parts on every node of one build.</summary>
public interface ISnapshotCodec
{
    /// <summary>Parts of at most some 256 KiB each, at least one.</summary>
    ImmutableArray<SnapshotPart> Split(ClusterState state);

    /// <summary>The state again; null when the parts are damaged.</summary>
    ClusterState? Join(ImmutableArray<SnapshotPart> parts);
}
