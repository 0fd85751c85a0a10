using System.Collections.Immutable;
using Starling.Protocol.Codec;
using Starling.Protocol.Objects;
using Starling.Protocol.Rebalance;
using Starling.Storage.Objects;

namespace Starling.Target.Neighbors;

/// <summary>One offer as it travels.</summary>
/// <param name="Offer">The offer.</param>
/// <param name="Record">The record with all its attributes.</param>
/// <param name="Content">The bytes, when they travel with it; null: the receiver asks for them.</param>
internal sealed record PushItem(PushRequest Offer, ObjectRecord Record, ReadOnlyMemory<byte>? Content);

/// <content>Records and bodies on their way.</content>
internal static partial class NeighborCodec
{
    /// <summary>Most offers in one request.</summary>
    public const int MaxPushItems = 64;

    private const int MaxCustom = 1024;
    private const int MaxTags = 256;

    public static byte[] Push(NeighborMark mark, IReadOnlyList<PushItem> items) => Message(NeighborMessageKind.Push, mark, writer =>
    {
        writer.Count(items.Count);
        foreach (var item in items)
        {
            writer.Name(item.Offer.Name);
            writer.Record(item.Record);
            writer.VarInt64(item.Offer.Epoch);
            writer.VarInt64(item.Offer.AppliedIndex);
            writer.Bool(item.Content is not null);
            if (item.Content is { } content)
            {
                writer.Bytes(content.Span);
            }
        }
    });

    public static (NeighborMark Mark, List<PushItem> Items) ReadPush(ReadOnlyMemory<byte> bytes)
    {
        var reader = Open(bytes.Span, NeighborMessageKind.Push, out var mark);
        var items = new List<PushItem>();
        for (var left = reader.Items(MaxPushItems); left > 0; left--)
        {
            var name = reader.Name();
            var record = reader.Record() ?? throw reader.Error("an offer without a record");
            var (epoch, index) = (reader.VarInt64(), reader.VarInt64());
            ReadOnlyMemory<byte>? content = null;
            if (reader.Bool())
            {
                var length = reader.Bytes().Length;
                content = bytes.Slice(bytes.Length - reader.Remaining - length, length);
            }

            if (record.Uname != name.Uname)
            {
                throw reader.Error($"an offer of {name.Cname} carries the record of {record.Uname}");
            }

            items.Add(new PushItem(new PushRequest(name, Objects.RecordHeads.Of(record), mark.From, epoch, index), record, content));
        }

        reader.End();
        return (mark, items);
    }

    public static byte[] PushAnswer(NeighborMark mark, IReadOnlyList<PushAnswer> answers) => Message(NeighborMessageKind.PushAnswer, mark, writer =>
    {
        writer.Count(answers.Count);
        foreach (var answer in answers)
        {
            writer.Byte((byte)((int)answer.Kind | (answer.IsTaken ? TakenBit : 0)));
            writer.VarInt64(answer.Epoch);
            writer.VarInt64(answer.AppliedIndex);
            if (answer.Kind == PushAnswerKind.Held)
            {
                writer.Key(answer.Key);
                writer.VarInt64(answer.SizeBytes);
                writer.String(answer.ChecksumType);
                writer.String(answer.ChecksumValue);
            }

            writer.Error(answer.Error);
        }
    });

    public static (NeighborMark Mark, List<PushAnswer> Answers) ReadPushAnswer(ReadOnlySpan<byte> bytes)
    {
        var reader = Open(bytes, NeighborMessageKind.PushAnswer, out var mark);
        var answers = new List<PushAnswer>();
        for (var left = reader.Items(MaxPushItems); left > 0; left--)
        {
            var kind = reader.Choice(8, "answer to an offer");
            var answer = new PushAnswer((PushAnswerKind)(kind & ~TakenBit), reader.VarInt64(), reader.VarInt64()) { IsTaken = (kind & TakenBit) != 0 };
            if (answer.Kind == PushAnswerKind.Held)
            {
                answer = answer with { Key = reader.Key(), SizeBytes = reader.VarInt64(), ChecksumType = reader.Text(), ChecksumValue = reader.Text() };
            }

            answers.Add(answer with { Error = reader.Error() });
        }

        reader.End();
        return (mark, answers);
    }

    public static byte[] Forward(NeighborMark mark, ForwardedPut put) => Message(NeighborMessageKind.Forward, mark, writer =>
    {
        writer.Name(put.Name);
        writer.UInt64(put.BucketId);
        writer.String(put.RequestId);
        writer.VarInt64(put.Epoch);
        writer.VarInt64(put.AppliedIndex);
        writer.VarInt64(put.SizeBytes);
        writer.String(put.ChecksumType);
        writer.String(put.ChecksumValue);
        writer.Strings(put.Conditions.IfMatch);
        writer.Strings(put.Conditions.IfNoneMatch);
        writer.Bool(put.MayStayUnchanged);
        writer.Count(put.Custom.Count);
        foreach (var (key, value) in put.Custom)
        {
            writer.String(key);
            writer.String(value);
        }
    });

    public static (NeighborMark Mark, ForwardedPut Put) ReadForward(ReadOnlySpan<byte> bytes)
    {
        var reader = Open(bytes, NeighborMessageKind.Forward, out var mark);
        var put = new ForwardedPut(
            reader.Name(), reader.UInt64(), reader.Text(), reader.VarInt64(), reader.VarInt64(), reader.VarInt64(), reader.Text(), reader.Text())
        {
            Conditions = new Conditions(reader.Tags(), reader.Tags()),
            MayStayUnchanged = reader.Bool(),
        };
        var custom = new List<KeyValuePair<string, string>>();
        for (var left = reader.Items(MaxCustom); left > 0; left--)
        {
            custom.Add(new KeyValuePair<string, string>(reader.Text(), reader.Text()));
        }

        reader.End();
        return put.SizeBytes >= 0 ? (mark, put with { Custom = custom }) : throw reader.Error("a body of negative size");
    }

    public static byte[] ForwardAnswer(NeighborMark mark, ForwardAnswer answer) => Message(NeighborMessageKind.ForwardAnswer, mark, writer =>
    {
        writer.Record(answer.Record);
        writer.Error(answer.Error);
    });

    public static (NeighborMark Mark, ForwardAnswer Answer) ReadForwardAnswer(ReadOnlySpan<byte> bytes)
    {
        var reader = Open(bytes, NeighborMessageKind.ForwardAnswer, out var mark);
        var answer = new ForwardAnswer(reader.Record(), reader.Error());
        reader.End();
        return (answer.Record is null) != (answer.Error is null) ? (mark, answer) : throw reader.Error("either a record or an error is expected");
    }

    private static ImmutableArray<string> Tags(this ref CodecReader reader)
    {
        var tags = ImmutableArray.CreateBuilder<string>();
        for (var left = reader.Items(MaxTags); left > 0; left--)
        {
            tags.Add(reader.Text());
        }

        return tags.DrainToImmutable();
    }
}
