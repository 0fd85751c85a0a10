using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Protocol.Codec;
using Starling.Protocol.Identity;
using Starling.Protocol.Objects;
using Starling.Protocol.Rebalance;
using Starling.Storage.Objects;
using Starling.Target.Neighbors;
using Starling.Target.Objects;
using Starling.Tests.Protocol.State;
using Xunit;

namespace Starling.Tests.Target.Neighbors;

public sealed class NeighborCodecTests
{
    private static readonly ObjectName Name = ObjectName.Parse(Fold.Bucket(), "dir/näme");
    private static readonly RecordKey Key = new(7, 3, 2, 1);
    private static readonly NeighborMark Mark = new("cluster", Fold.Target(1), new SessionId(UInt128.MaxValue), Fold.Target(2), 3, 99) { WithinMs = 5000 };
    private static readonly StoreError Error = new(ErrorCode.Unavailable, "wait", 100);

    private static readonly ObjectRecord Record = new()
    {
        Key = Key, Kind = RecordKind.Object, Uname = Name.Uname, SizeBytes = 3, ChecksumType = "xxhash2", ChecksumValue = "ab", Version = "4", WrittenTimeNs = 5, AccessTimeNs = 6,
    };

    private static readonly VerifyItem Item = VerifyItem.Of(Name, RecordHeads.Of(Record));

    public static TheoryData<string> Kinds => ["look", "look answer", "content", "content answer", "push", "push answer", "verify", "verify answer", "forward", "forward answer"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void What_is_written_is_read_again(string kind)
    {
        var bytes = Encoded(kind);
        Assert.Equal(bytes, Recoded(kind, bytes));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Damaged_bytes_are_refused_with_one_kind_of_error_and_never_read_beyond_their_end(string kind)
    {
        var bytes = Encoded(kind);
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<CodecException>(() => Recoded(kind, bytes[..length]));
        }

        Assert.Throws<CodecException>(() => Recoded(kind, [.. bytes, 0]));
        Assert.Throws<CodecException>(() => Recoded(kind, [2, 0, .. bytes[2..]]));
        var random = new Random(1);
        for (var round = 0; round < 3000; round++)
        {
            var damaged = (byte[])bytes.Clone();
            for (var i = random.Next(1, 4); i > 0; i--)
            {
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            }

            try
            {
                Recoded(kind, damaged);
            }
            catch (CodecException)
            {
                // The one error that it may be.
            }
        }
    }

    [Fact]
    public void One_kind_is_not_taken_for_another_and_lists_have_limits()
    {
        Assert.Throws<CodecException>(() => NeighborCodec.ReadVerify(Encoded("look")));
        var many = NeighborCodec.Push(Mark, [.. Enumerable.Repeat(new PushItem(new PushRequest(Name, RecordHeads.Of(Record), Mark.From, 3, 99), Record, null), NeighborCodec.MaxPushItems + 1)]);
        Assert.Throws<CodecException>(() => NeighborCodec.ReadPush(many));
        var other = NeighborCodec.Push(Mark, [new PushItem(new PushRequest(ObjectName.Parse(Fold.Bucket(), "other"), RecordHeads.Of(Record), Mark.From, 3, 99), Record, null)]);
        Assert.Contains("carries the record of", Assert.Throws<CodecException>(() => NeighborCodec.ReadPush(other)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_leftover_travels_as_what_it_was_before_it_was_handed_over()
    {
        var leftover = Record with { State = RecordState.Leftover, Leftover = new LeftoverMark(2, Fold.Target(3), Verified: true) };
        var (_, answer, _) = NeighborCodec.ReadContentAnswer(NeighborCodec.ContentAnswer(Mark, leftover, null));
        Assert.Equal((RecordState.Live, null), (answer!.State, answer.Leftover));
    }

    private static byte[] Encoded(string kind) => kind switch
    {
        "look" => NeighborCodec.Look(Mark, new LookQuestion(Name, 7, 3, 99)),
        "look answer" => NeighborCodec.LookAnswer(Mark, new NeighborLook(new LookAnswer(LookResult.Record, RecordHeads.Of(Record), 3, 99), Record)),
        "content" => NeighborCodec.Content(Mark, new ContentQuestion(Name, Key, 3, 99) { Offset = 5, LengthBytes = 6 }),
        "content answer" => NeighborCodec.ContentAnswer(Mark, null, Error),
        "push" => NeighborCodec.Push(Mark, [Offer([1, 2, 3]), Offer(null)]),
        "push answer" => NeighborCodec.PushAnswer(Mark,
        [
            new PushAnswer(PushAnswerKind.Held, 3, 99) { Key = Key, SizeBytes = 3, ChecksumType = "xxhash2", ChecksumValue = "ab", IsTaken = true },
            new PushAnswer(PushAnswerKind.Stale, 4, 100),
            new PushAnswer(PushAnswerKind.Refused, 3, 99) { Error = Error },
        ]),
        "verify" => NeighborCodec.Verify(Mark, new VerifyQuestion([Item, Item], 3, 99)),
        "verify answer" => NeighborCodec.VerifyAnswer(Mark, [new VerifyAnswer(VerifyVerdict.Held, 3), new VerifyAnswer(VerifyVerdict.Unknown, 3, Error)]),
        "forward" => NeighborCodec.Forward(Mark, new ForwardedPut(Name, 7, "id", 3, 99, 3, "xxhash2", "ab") { Conditions = new Conditions(["a"], ["*"]), Custom = [new("k", "v")], MayStayUnchanged = true }),
        _ => NeighborCodec.ForwardAnswer(Mark, new ForwardAnswer(Record, null)),
    };

    private static byte[] Recoded(string kind, byte[] bytes)
    {
        switch (kind)
        {
            case "look":
                var look = NeighborCodec.ReadLook(bytes);
                return NeighborCodec.Look(look.Mark, look.Question);
            case "look answer":
                var found = NeighborCodec.ReadLookAnswer(bytes);
                return NeighborCodec.LookAnswer(found.Mark, found.Look);
            case "content":
                var content = NeighborCodec.ReadContent(bytes);
                return NeighborCodec.Content(content.Mark, content.Question);
            case "content answer":
                var opened = NeighborCodec.ReadContentAnswer(bytes);
                return NeighborCodec.ContentAnswer(opened.Mark, opened.Record, opened.Error);
            case "push":
                var push = NeighborCodec.ReadPush(bytes);
                return NeighborCodec.Push(push.Mark, push.Items);
            case "push answer":
                var pushed = NeighborCodec.ReadPushAnswer(bytes);
                return NeighborCodec.PushAnswer(pushed.Mark, pushed.Answers);
            case "verify":
                var verify = NeighborCodec.ReadVerify(bytes);
                return NeighborCodec.Verify(verify.Mark, verify.Question);
            case "verify answer":
                var verified = NeighborCodec.ReadVerifyAnswer(bytes);
                return NeighborCodec.VerifyAnswer(verified.Mark, verified.Answers);
            case "forward":
                var forward = NeighborCodec.ReadForward(bytes);
                return NeighborCodec.Forward(forward.Mark, forward.Put);
            default:
                var forwarded = NeighborCodec.ReadForwardAnswer(bytes);
                return NeighborCodec.ForwardAnswer(forwarded.Mark, forwarded.Answer);
        }
    }

    private static PushItem Offer(byte[]? content) => new(new PushRequest(Name, RecordHeads.Of(Record), Mark.From, 3, 99), Record, content is null ? null : (ReadOnlyMemory<byte>?)content);
}
