using System.Buffers;
using System.Collections.Immutable;
using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Protocol.Codec;
using Starling.Protocol.Identity;
using Starling.Protocol.Objects;
using Starling.Protocol.Rebalance;
using Starling.Storage.Objects;

namespace Starling.Target.Neighbors;

/// <summary>What a message between targets is.</summary>
public enum NeighborMessageKind
{
    /// <summary>A question for one name.</summary>
    Look = 1,

    /// <summary>Its answer.</summary>
    LookAnswer,

    /// <summary>Which bytes are wanted.</summary>
    Content,

    /// <summary>Which bytes follow.</summary>
    ContentAnswer,

    /// <summary>Offers.</summary>
    Push,

    /// <summary>Their answers.</summary>
    PushAnswer,

    /// <summary>A batch of leftovers.</summary>
    Verify,

    /// <summary>Their answers.</summary>
    VerifyAnswer,

    /// <summary>A put that moved with its name.</summary>
    Forward,

    /// <summary>What became of it.</summary>
    ForwardAnswer,
}

/// <summary>
/// Bytes of the questions and answers between targets, in the binary format that nodes share: format version, kind, mark, payload. Reading throws
/// <see cref="CodecException"/>, and nothing else, when the bytes are not right; every list and every text has a limit.
/// </summary>
internal static partial class NeighborCodec
{
    /// <summary>The only format so far.</summary>
    public const ushort FormatVersion = 1;

    /// <summary>Largest question, bytes; bodies of objects that travel beside it excepted.</summary>
    public const int MaxMessageBytes = 4 << 20;

    private const int MaxTextBytes = 4096;

    /// <summary>Beside the verdict, in its byte.</summary>
    private const int NewerBit = 4;

    /// <summary>Beside the kind of an answer to an offer, in its byte.</summary>
    private const int TakenBit = 4;

    public static byte[] Look(NeighborMark mark, LookQuestion question) => Message(NeighborMessageKind.Look, mark, writer =>
    {
        writer.Name(question.Name);
        writer.UInt64(question.BucketId);
        writer.VarInt64(question.Epoch);
        writer.VarInt64(question.AppliedIndex);
    });

    public static (NeighborMark Mark, LookQuestion Question) ReadLook(ReadOnlySpan<byte> bytes)
    {
        var reader = Open(bytes, NeighborMessageKind.Look, out var mark);
        var question = new LookQuestion(reader.Name(), reader.UInt64(), reader.VarInt64(), reader.VarInt64());
        reader.End();
        return (mark, question);
    }

    public static byte[] LookAnswer(NeighborMark mark, NeighborLook look) => Message(NeighborMessageKind.LookAnswer, mark, writer =>
    {
        writer.Byte((byte)look.Answer.Result);
        writer.VarInt64(look.Answer.Epoch);
        writer.VarInt64(look.Answer.AppliedIndex);
        writer.Record(look.Record);
        writer.Error(look.Error);
    });

    public static (NeighborMark Mark, NeighborLook Look) ReadLookAnswer(ReadOnlySpan<byte> bytes)
    {
        var reader = Open(bytes, NeighborMessageKind.LookAnswer, out var mark);
        var (result, epoch, index) = ((LookResult)reader.Choice(4, "result of a look"), reader.VarInt64(), reader.VarInt64());
        var record = reader.Record();
        var error = reader.Error();
        reader.End();
        if ((result == LookResult.Record) != (record is not null))
        {
            throw reader.Error("a look that found a record carries it, and no other does");
        }

        return (mark, new NeighborLook(new LookAnswer(result, record is null ? null : Objects.RecordHeads.Of(record), epoch, index), record, error));
    }

    public static byte[] Content(NeighborMark mark, ContentQuestion question) => Message(NeighborMessageKind.Content, mark, writer =>
    {
        writer.Name(question.Name);
        writer.Key(question.Key);
        writer.VarInt64(question.Epoch);
        writer.VarInt64(question.AppliedIndex);
        writer.VarInt64(question.Offset);
        writer.VarInt64(question.LengthBytes);
    });

    public static (NeighborMark Mark, ContentQuestion Question) ReadContent(ReadOnlySpan<byte> bytes)
    {
        var reader = Open(bytes, NeighborMessageKind.Content, out var mark);
        var question = new ContentQuestion(reader.Name(), reader.Key(), reader.VarInt64(), reader.VarInt64()) { Offset = reader.VarInt64(), LengthBytes = reader.VarInt64() };
        reader.End();
        return question is { Offset: >= 0, LengthBytes: >= -1 } ? (mark, question) : throw reader.Error("a range lies before the beginning");
    }

    public static byte[] ContentAnswer(NeighborMark mark, ObjectRecord? record, Core.Errors.StoreError? error) => Message(NeighborMessageKind.ContentAnswer, mark, writer =>
    {
        writer.Record(record);
        writer.Error(error);
    });

    public static (NeighborMark Mark, ObjectRecord? Record, Core.Errors.StoreError? Error) ReadContentAnswer(ReadOnlySpan<byte> bytes)
    {
        var reader = Open(bytes, NeighborMessageKind.ContentAnswer, out var mark);
        var (record, error) = (reader.Record(), reader.Error());
        reader.End();
        return (mark, record, error);
    }

    public static byte[] Verify(NeighborMark mark, VerifyQuestion question) => Message(NeighborMessageKind.Verify, mark, writer =>
    {
        writer.VarInt64(question.Epoch);
        writer.VarInt64(question.AppliedIndex);
        writer.Count(question.Items.Length);
        foreach (var item in question.Items)
        {
            writer.Name(item.Name);
            writer.Key(item.Key);
            writer.VarInt64(item.SizeBytes);
            writer.String(item.ChecksumType);
            writer.String(item.ChecksumValue);
        }
    });

    public static (NeighborMark Mark, VerifyQuestion Question) ReadVerify(ReadOnlySpan<byte> bytes)
    {
        var reader = Open(bytes, NeighborMessageKind.Verify, out var mark);
        var (epoch, index) = (reader.VarInt64(), reader.VarInt64());
        var items = ImmutableArray.CreateBuilder<VerifyItem>();
        for (var left = reader.Items(VerifyQuestion.MaxItems); left > 0; left--)
        {
            items.Add(new VerifyItem(reader.Name(), reader.Key(), reader.VarInt64(), reader.Text(), reader.Text()));
        }

        reader.End();
        return (mark, new VerifyQuestion(items.DrainToImmutable(), epoch, index));
    }

    public static byte[] VerifyAnswer(NeighborMark mark, ImmutableArray<VerifyAnswer> answers) => Message(NeighborMessageKind.VerifyAnswer, mark, writer =>
    {
        writer.Count(answers.Length);
        foreach (var answer in answers)
        {
            writer.Byte((byte)((int)answer.Verdict | (answer.IsNewer ? NewerBit : 0)));
            writer.VarInt64(answer.Epoch);
            writer.Error(answer.Error);
        }
    });

    public static (NeighborMark Mark, ImmutableArray<VerifyAnswer> Answers) ReadVerifyAnswer(ReadOnlySpan<byte> bytes)
    {
        var reader = Open(bytes, NeighborMessageKind.VerifyAnswer, out var mark);
        var answers = ImmutableArray.CreateBuilder<VerifyAnswer>();
        for (var left = reader.Items(VerifyQuestion.MaxItems); left > 0; left--)
        {
            var verdict = reader.Choice(8, "verdict");
            answers.Add(new VerifyAnswer((VerifyVerdict)(verdict & ~NewerBit), reader.VarInt64(), reader.Error()) { IsNewer = (verdict & NewerBit) != 0 });
        }

        reader.End();
        return (mark, answers.DrainToImmutable());
    }

    private static byte[] Message(NeighborMessageKind kind, NeighborMark mark, Action<CodecWriter> payload)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        var writer = new CodecWriter(buffer);
        writer.UInt16(FormatVersion);
        writer.Byte((byte)kind);
        writer.String(mark.ClusterId);
        writer.Node(mark.From);
        writer.UInt128(mark.Session.Value);
        writer.Node(mark.To);
        writer.VarInt64(mark.Epoch);
        writer.VarInt64(mark.AppliedIndex);
        writer.VarInt64(mark.WithinMs);
        payload(writer);
        return buffer.WrittenSpan.ToArray();
    }

    private static CodecReader Open(ReadOnlySpan<byte> bytes, NeighborMessageKind kind, out NeighborMark mark)
    {
        var reader = new CodecReader(bytes, $"message between targets ({kind})");
        reader.FormatVersion(FormatVersion);
        var given = reader.Byte();
        if (given != (byte)kind)
        {
            throw reader.Error($"it is of kind {given}");
        }

        var cluster = reader.Text();
        var (from, session, to) = (reader.Node(), new SessionId(reader.UInt128()), reader.Node());
        var (epoch, index, withinMs) = (reader.VarInt64(), reader.VarInt64(), reader.Int32());
        mark = new NeighborMark(cluster, from, session, to, epoch, index) { WithinMs = Math.Max(0, withinMs) };
        return reader;
    }

    private static void Name(this CodecWriter writer, ObjectName name)
    {
        writer.Bucket(name.Bucket);
        writer.String(name.Name);
    }

    private static ObjectName Name(this ref CodecReader reader)
    {
        var bucket = reader.Bucket();
        return ObjectName.TryParse(bucket, reader.Text(), out var name, out var error) ? name : throw reader.Error(error);
    }

    private static void Key(this CodecWriter writer, in RecordKey key)
    {
        writer.UInt64(key.BucketId);
        writer.VarInt64(key.Epoch);
        writer.VarInt64(key.Boot);
        writer.VarInt64(key.Sequence);
    }

    private static RecordKey Key(this ref CodecReader reader) => new(reader.UInt64(), reader.VarInt64(), reader.VarInt64(), reader.VarInt64());

    /// <summary>A record travels in the form in which it lies on the disk, with its own format version and checksum; live, whatever the sender has made of it.</summary>
    private static void Record(this CodecWriter writer, ObjectRecord? record)
    {
        Span<byte> buffer = stackalloc byte[RecordCodec.MaxBytes];
        var length = record is null ? 0 : RecordCodec.Encode(record with { State = RecordState.Live, Leftover = null }, buffer);
        writer.Bytes(buffer[..length]);
    }

    private static ObjectRecord? Record(this ref CodecReader reader)
    {
        var bytes = reader.Bytes();
        if (bytes.IsEmpty)
        {
            return null;
        }

        return bytes.Length > RecordCodec.MaxBytes ? throw reader.Error("a record is too large")
            : RecordCodec.TryDecode(bytes, out var record, out var error) ? record with { State = RecordState.Live, Leftover = null }
            : throw reader.Error(error);
    }

    private static string Text(this ref CodecReader reader)
    {
        var text = reader.String();
        return text.Length <= MaxTextBytes ? text : throw reader.Error($"a text of {text.Length} characters is too long");
    }

    private static int Items(this ref CodecReader reader, int limit)
    {
        var count = reader.Count();
        return count <= limit ? count : throw reader.Error($"a list of {count} items is longer than {limit}");
    }
}
