using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;

namespace Starling.Core.Hashing;

/// <summary>A checksum that grows with the bytes. Not thread safe.</summary>
public abstract class IncrementalChecksum : IDisposable
{
    /// <summary>Starts a checksum of the given type.</summary>
    public static IncrementalChecksum Create(ChecksumType type) => type switch
    {
        ChecksumType.None => new NoChecksum(),
        ChecksumType.Xxhash or ChecksumType.Xxhash2 => new Xxh64Checksum(seed: 0),
        ChecksumType.Crc32c => new Crc32cChecksum(),
        ChecksumType.Md5 => new CryptographicChecksum(HashAlgorithmName.MD5),
        ChecksumType.Sha256 => new CryptographicChecksum(HashAlgorithmName.SHA256),
        ChecksumType.Sha512 => new CryptographicChecksum(HashAlgorithmName.SHA512),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "unknown checksum type"),
    };

    /// <summary>The checksum of bytes that are at hand; empty for <see cref="ChecksumType.None"/>.</summary>
    public static string Compute(ChecksumType type, ReadOnlySpan<byte> data)
    {
        using var checksum = Create(type);
        checksum.Append(data);
        return checksum.FinishHex();
    }

    /// <summary>Adds bytes.</summary>
    public abstract void Append(ReadOnlySpan<byte> data);

    /// <summary>The checksum of everything appended: lower-case hexadecimal, big endian; empty for <see cref="ChecksumType.None"/>. Nothing may be appended afterwards.</summary>
    public abstract string FinishHex();

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases what the checksum holds.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }

    private sealed class NoChecksum : IncrementalChecksum
    {
        public override void Append(ReadOnlySpan<byte> data)
        {
            // Nothing is computed for the type "none".
        }

        public override string FinishHex() => string.Empty;
    }

    private sealed class Xxh64Checksum(ulong seed) : IncrementalChecksum
    {
        private XxHash64State state = new(seed);

        public override void Append(ReadOnlySpan<byte> data) => state.Append(data);

        public override string FinishHex() => state.Digest().ToString("x16", CultureInfo.InvariantCulture);
    }

    private sealed class Crc32cChecksum : IncrementalChecksum
    {
        private uint crc = uint.MaxValue;

        public override void Append(ReadOnlySpan<byte> data) => crc = Crc32c.Append(crc, data);

        public override string FinishHex() => (~crc).ToString("x8", CultureInfo.InvariantCulture);
    }

    private sealed class CryptographicChecksum(HashAlgorithmName name) : IncrementalChecksum
    {
        private readonly IncrementalHash hash = IncrementalHash.CreateHash(name);

        public override void Append(ReadOnlySpan<byte> data) => hash.AppendData(data);

        public override string FinishHex() => Convert.ToHexStringLower(hash.GetHashAndReset());

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                hash.Dispose();
            }

            base.Dispose(disposing);
        }
    }
}

/// <summary>CRC-32C, with the processor's instruction where there is one.</summary>
/// <remarks>Polynomial 0x1EDC6F41 reflected, initial value and final complement all ones: RFC 3720, appendix B.4.</remarks>
public static class Crc32c
{
    /// <summary>The CRC of <paramref name="data"/>.</summary>
    public static uint Compute(ReadOnlySpan<byte> data) => ~Append(uint.MaxValue, data);

    /// <summary>Continues a CRC; starts from all ones and is complemented in the end.</summary>
    internal static uint Append(uint crc, ReadOnlySpan<byte> data)
    {
        while (data.Length >= 8)
        {
            crc = System.Numerics.BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(data));
            data = data[8..];
        }

        foreach (var b in data)
        {
            crc = System.Numerics.BitOperations.Crc32C(crc, b);
        }

        return crc;
    }
}
