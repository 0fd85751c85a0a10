using System.Collections.Immutable;
using Starling.Cluster.Codec;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Bootstrap;
using Starling.Protocol.Codec;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Protocol.Membership;
using Starling.Protocol.Node;
using Starling.Protocol.Operations;
using Starling.Protocol.Ownership;
using Starling.Protocol.State;
using Starling.Protocol.State.Commands;
using Xunit;

namespace Starling.Tests.Cluster;

public sealed class EnvelopeCodecTests
{
    private static readonly NodeIdentity Me = new(NodeId.Parse("gateway01"), new Incarnation(UInt128.MaxValue), new SessionId(2));
    private static readonly NodeId You = NodeId.Parse("target001");

    private static readonly NodeFacts Facts = new(
        You, NodeRole.Target, false, new NodeAddresses("http://[::1]:1", "http://[::1]:2", "http://[::1]:3"), ["aa", "bb"], "boot", [new LockFile(1, ulong.MaxValue)]);

    private static readonly BootstrapProposal Proposal = new(9, "cluster", Me, [new Founder(Me, Facts)]);

    private static readonly Message[] OneOfEach =
    [
        new PreVoteRequest(1, 2, 3, 4),
        new PreVoteResponse(1, true, 2),
        new VoteRequest(1, 2, 3, true),
        new VoteResponse(1, false),
        new AppendRequest(1, 2, 3, [new LogEntry(4, 5, EntryKind.Noop, Me), new LogEntry(5, 5, EntryKind.Command, null, new SetConfig("{}", 3)), new LogEntry(6, 5, EntryKind.Voters, null, null, new VoterSet([Me.Member]))], 6, 7, 8),
        new AppendResponse(1, true, 2, 3, 4),
        new HeartbeatRequest(long.MaxValue, 2, 3, -4),
        new HeartbeatResponse(1, 2, 3),
        new TimeoutNow(1),
        new SnapshotRequest(1, 2, 3, new VoterSet([Me.Member]), 4, 5, new SnapshotPart([1, 2, 3], null)),
        new SnapshotResponse(1, 2, 3),
        new ProposeRequest(1, 9, new SetConfig("{\"a\":1}", 0) { RequestId = "r", SeenIndex = 7 }),
        new ProposeResponse(1, 2, 3, new StoreError(ErrorCode.Busy, "wait", 100)),
        new ProposeResponse(1, 2, 3, null),
        new ReadIndexRequest(1),
        new ReadIndexResponse(1, 0),
        new ReadIndexResponse(1, null),
        new TransferRequest(1, You),
        new TransferResponse(1, null),
        new JoinRequest(Me, Facts),
        new JoinRequest(Me, Facts) { FeatureLevel = 1, Answers = 7 },
        new JoinResponse(true, "welcome", ["http://a:1"]),
        new JoinResponse(true, "are you there", ["http://a:1"]) { Question = 7 },
        new ProbeRequest(1, You),
        new ProbeResponse(1),
        new IndirectProbeRequest(1, You, "http://a:1"),
        new IndirectProbeResponse(1, You),
        new LeaseRequest(1),
        new LeaseResponse(1, true, 2),
        new DiscoverRequest(Facts, 3, true, []),
        new DiscoverResponse(Facts, 0, false, ["http://a:1", "http://b:1"]),
        new ConsentRequest(Proposal),
        new ConsentResponse(UInt128.MaxValue, false, "no"),
        new ProposalStatusRequest(1),
        new ProposalStatus(1, BootstrapPhase.Withdrawn),
        new CleanReport(5, 77, [You], 2),
        new SummaryReport(new PassSummary { Epoch = 5, VisitedObjects = 9, MovedBytes = 1L << 40, Verifying = true, ErrorCount = 1, ErrorNames = ["ais://b/o"], FullReceivers = [You], Jobs = ["copy"] }),
        new EraseReport(7),
        new MembershipEnded(7),
        new SafetyRequest(1, You),
        new SafetyResponse(1, new SafetyVerdict(Safety.Unknown, ["silent"], [You])),
    ];

    [Fact]
    public void Every_kind_of_message_has_bytes_and_comes_back_the_same()
    {
        var kinds = typeof(Message).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Message)) && !type.IsAbstract).Select(type => type.Name).Order();
        Assert.Equal(kinds, OneOfEach.Select(message => message.GetType().Name).Distinct().Order());
        var envelopes = OneOfEach.Select((message, i) => Wrap(message) with { Relay = i % 2 == 0, Relayed = i % 3 == 0 }).ToArray();
        var bytes = EnvelopeCodec.Encode(envelopes);
        var decoded = EnvelopeCodec.Decode(bytes);
        Assert.Equal(bytes, EnvelopeCodec.Encode(decoded));
        for (var i = 0; i < envelopes.Length; i++)
        {
            Assert.Equal(envelopes[i].Message.GetType(), decoded[i].Message.GetType());
            Assert.Equal((envelopes[i].ClusterId, envelopes[i].From, envelopes[i].To, envelopes[i].ToIncarnation), (decoded[i].ClusterId, decoded[i].From, decoded[i].To, decoded[i].ToIncarnation));
            Assert.Equal((envelopes[i].Epoch, envelopes[i].AppliedIndex, envelopes[i].Relay, envelopes[i].Relayed), (decoded[i].Epoch, decoded[i].AppliedIndex, decoded[i].Relay, decoded[i].Relayed));
        }
    }

    [Fact]
    public void Every_prefix_is_refused_and_no_flipped_bit_does_worse_than_being_refused()
    {
        foreach (var message in OneOfEach)
        {
            var bytes = EnvelopeCodec.Encode([Wrap(message)]);
            for (var length = 0; length < bytes.Length; length++)
            {
                Assert.Throws<CodecException>(() => EnvelopeCodec.Decode(bytes.AsSpan(0, length)));
            }

            for (var bit = 0; bit < bytes.Length * 8; bit++)
            {
                var damaged = bytes.ToArray();
                damaged[bit / 8] ^= (byte)(1 << (bit % 8));
                try
                {
                    Assert.Single(EnvelopeCodec.Decode(damaged));
                }
                catch (CodecException)
                {
                    // The one refusal that the endpoint answers with 400; anything else fails this test.
                }
            }
        }
    }

    [Fact]
    public void What_a_sender_supports_travels_with_every_message_and_nothing_changes_for_those_that_support_nothing_new()
    {
        var silent = EnvelopeCodec.Encode([Wrap(new HeartbeatResponse(1, 2, 3)), Wrap(new JoinRequest(Me, Facts))]);
        var says = EnvelopeCodec.Encode([Wrap(new HeartbeatResponse(1, 2, 3)) with { FeatureLevel = 300 }, Wrap(new JoinRequest(Me, Facts) { FeatureLevel = 1 })]);

        Assert.Equal((1, 2), (silent[0], says[0]));
        Assert.All(EnvelopeCodec.Decode(silent), envelope => Assert.Equal(0, envelope.FeatureLevel));
        var back = EnvelopeCodec.Decode(says);
        Assert.Equal([300, 0], back.Select(envelope => envelope.FeatureLevel));
        Assert.Equal(1, Assert.IsType<JoinRequest>(back[1].Message).FeatureLevel);
    }

    [Fact]
    public void Messages_of_a_newer_format_are_refused_by_name()
    {
        var bytes = EnvelopeCodec.Encode([Wrap(OneOfEach[0])]);
        bytes[0] = 3;
        Assert.Contains("format version 3", Assert.Throws<CodecException>(() => EnvelopeCodec.Decode(bytes)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_snapshot_is_cut_into_parts_and_joined_again_and_a_damaged_one_is_not_joined()
    {
        var codec = new SnapshotParts();
        var state = ClusterState.Empty with { ClusterId = new string('x', 3 * SnapshotParts.PartBytes), AppliedIndex = 7 };
        var parts = codec.Split(state);
        Assert.Equal(4, parts.Length);
        Assert.All(parts, part => Assert.InRange(part.Bytes.Length, 1, SnapshotParts.PartBytes));
        Assert.Equal(StateCodec.Encode(state), StateCodec.Encode(codec.Join(parts)!));
        Assert.Null(codec.Join(parts.RemoveAt(3)));
        Assert.Null(codec.Join(ImmutableArray<SnapshotPart>.Empty));
    }

    private static Envelope Wrap(Message message) => new("cluster", Me, "http://127.0.0.1:9080", You, new Incarnation(3), 4, 5, message);
}
