using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Storage.Objects;
using Xunit;

namespace Starling.Tests.Storage;

/// <summary>The packed record: golden bytes, damage, versions.</summary>
public sealed class RecordCodecTests
{
    private const string GoldenObject =
        "5354524c0100000096000000359a684786b42ebb01010100080706050403020109000000000000000a000000000000000b00"
        + "000000000000393000000000000001002a36fe9c971702002a36fe9c971712006169732f40232f6275636b65742f612fc3bc"
        + "07007878686173683210003236633738323764383839663664613301003302000600736f75726365030077656201006b0000";
    private const string GoldenLeftover =
        "5354524c01000000810000004a8b0eca7a7128d0020200000100000000000000020000000000000003000000000000000400"
        + "00000000000000000000000000000000000000000000000000000000000010006177732f4075756964236e732f622f780400"
        + "6e6f6e6500000000070000000000000001080074617267657430320000";

    private static readonly ObjectRecord Object = new()
    {
        Key = new RecordKey(0x0102030405060708, 9, 10, 11),
        Kind = RecordKind.Object,
        Uname = "ais/@#/bucket/a/ü",
        SizeBytes = 12345,
        ChecksumType = "xxhash2",
        ChecksumValue = "26c7827d889f6da3",
        Version = "3",
        WrittenTimeNs = 1_700_000_000_000_000_001,
        AccessTimeNs = 1_700_000_000_000_000_002,
        Durability = Durability.DurableLocal,
        Custom = [new("source", "web"), new("k", string.Empty)],
    };

    private static readonly ObjectRecord Leftover = new()
    {
        Key = new RecordKey(1, 2, 3, 4),
        Kind = RecordKind.Tombstone,
        State = RecordState.Leftover,
        Leftover = new LeftoverMark(7, NodeId.Parse("target02"), Verified: true),
        Uname = "aws/@uuid#ns/b/x",
    };

    [Fact]
    public void Golden_bytes_of_version_1_are_written_and_read()
    {
        Assert.Equal(GoldenObject, Convert.ToHexStringLower(Encode(Object)));
        Assert.Equal(GoldenLeftover, Convert.ToHexStringLower(Encode(Leftover)));
        AssertSame(Object, Decode(Convert.FromHexString(GoldenObject)));
        AssertSame(Leftover, Decode(Convert.FromHexString(GoldenLeftover)));
    }

    [Fact]
    public void The_index_of_a_hand_over_is_kept_and_leftovers_without_one_keep_their_bytes()
    {
        var since = Leftover with { Leftover = Leftover.Leftover! with { Index = 1234, Verified = false } };

        AssertSame(since, Decode(Encode(since)));
        Assert.Equal(1234, Decode(Encode(since)).Leftover!.Index);
        Assert.Equal(0, Decode(Convert.FromHexString(GoldenLeftover)).Leftover!.Index);
    }

    [Fact]
    public void Damage_of_any_bit_at_each_byte_and_any_truncation_is_noticed()
    {
        foreach (var packed in (byte[][])[Encode(Object), Encode(Leftover)])
        {
            for (var at = 0; at < packed.Length; at++)
            {
                for (var bit = 0; bit < 8; bit++)
                {
                    var damaged = packed.ToArray();
                    damaged[at] ^= (byte)(1 << bit);
                    Assert.False(RecordCodec.TryDecode(damaged, out _, out var error), $"bit {bit} of byte {at}");
                    Assert.NotEmpty(error);
                }

                Assert.False(RecordCodec.TryDecode(packed.AsSpan(0, at), out _, out _));
            }

            Assert.False(RecordCodec.TryDecode([.. packed, 0], out _, out _));
        }
    }

    [Fact]
    public void Newer_format_version_is_refused_by_name()
    {
        var packed = Encode(Object);
        packed[4] = 2;
        Assert.False(RecordCodec.TryDecode(packed, out _, out var error));
        Assert.Contains("format version 2", error, StringComparison.Ordinal);
        Assert.Contains("newer build", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Largest_record_fits_and_one_byte_more_is_too_large()
    {
        var used = Encode(Object with { Custom = [new("k", string.Empty)] }).Length;
        var fits = Object with { Custom = [new("k", new string('v', RecordCodec.MaxBytes - used))] };
        Assert.Equal(RecordCodec.MaxBytes, Encode(fits).Length);
        AssertSame(fits, Decode(Encode(fits)));
        var larger = Object with { Custom = [new("k", new string('v', RecordCodec.MaxBytes - used + 1))] };
        Assert.Equal(ErrorCode.TooLarge, Assert.Throws<StoreException>(() => Encode(larger)).Error.Code);
    }

    private static byte[] Encode(ObjectRecord record)
    {
        var buffer = new byte[RecordCodec.MaxBytes];
        return buffer[..RecordCodec.Encode(record, buffer)];
    }

    private static ObjectRecord Decode(byte[] packed)
    {
        Assert.True(RecordCodec.TryDecode(packed, out var record, out var error), error);
        return record;
    }

    private static void AssertSame(ObjectRecord expected, ObjectRecord actual)
    {
        Assert.Equal(expected.Custom, actual.Custom);
        Assert.Equal(expected with { Custom = [] }, actual with { Custom = [] });
    }
}
