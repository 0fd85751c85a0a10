using System.Text;
using Starling.Core.Hashing;
using Xunit;

namespace Starling.Tests.Core;

public sealed class ChecksumTests
{
    [Theory]
    [InlineData("none", "abc", "")]
    [InlineData("xxhash", "", "ef46db3751d8e999")]
    [InlineData("xxhash2", "", "ef46db3751d8e999")]
    [InlineData("xxhash2", "abc", "44bc2cf5ad770999")]
    [InlineData("md5", "abc", "900150983cd24fb0d6963f7d28e17f72")]
    [InlineData("crc32c", "123456789", "e3069283")]
    [InlineData("sha256", "abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData("sha512", "abc", "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f")]
    public void Public_vectors(string type, string text, string expected) =>
        Assert.Equal(expected, IncrementalChecksum.Compute(ChecksumTypes.Parse(type), Encoding.UTF8.GetBytes(text)));

    [Theory]
    [InlineData(ChecksumType.Xxhash2)]
    [InlineData(ChecksumType.Crc32c)]
    [InlineData(ChecksumType.Md5)]
    [InlineData(ChecksumType.Sha256)]
    public void Pieces_of_any_size_give_the_same_value_as_the_whole(ChecksumType type)
    {
        var random = new Random(7);
        var data = new byte[100_003];
        random.NextBytes(data);
        for (var round = 0; round < 20; round++)
        {
            using var checksum = IncrementalChecksum.Create(type);
            for (var position = 0; position < data.Length;)
            {
                var take = Math.Min(random.Next(round < 10 ? 40 : 9_000), data.Length - position);
                checksum.Append(data.AsSpan(position, take));
                position += take;
            }

            Assert.Equal(IncrementalChecksum.Compute(type, data), checksum.FinishHex());
        }
    }

    [Fact]
    public void Streaming_and_one_shot_XXH64_agree_at_every_length_up_to_200()
    {
        var data = Enumerable.Range(0, 200).Select(i => (byte)(i * 31)).ToArray();
        for (var length = 0; length <= data.Length; length++)
        {
            var state = new XxHash64State(42);
            foreach (var b in data.AsSpan(0, length))
            {
                state.Append([b]);
            }

            Assert.Equal(XxHash64Seeded.Hash(data.AsSpan(0, length), 42), state.Digest());
        }
    }

    [Fact]
    public void An_unknown_type_is_refused_with_the_known_ones() =>
        Assert.Contains("xxhash2", Assert.Throws<FormatException>(() => ChecksumTypes.Parse("sha3")).Message, StringComparison.Ordinal);
}
