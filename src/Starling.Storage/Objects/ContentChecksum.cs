using System.Globalization;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Starling.Core.Errors;

namespace Starling.Storage.Objects;

/// <summary>An incremental checksum of content by its name on the wire.</summary>
internal abstract class ContentChecksum : IDisposable
{
    public static ContentChecksum Create(string type) => type switch
    {
        "none" or "" => new None(),
        "xxhash" or "xxhash2" => new XxHash(),
        "crc32c" => new Crc32C(),
        "md5" => new Cryptographic(HashAlgorithmName.MD5),
        "sha256" => new Cryptographic(HashAlgorithmName.SHA256),
        "sha512" => new Cryptographic(HashAlgorithmName.SHA512),
        _ => throw new StoreException(ErrorCode.Invalid, $"invalid checksum type \"{type}\": expecting none, xxhash, xxhash2, md5, crc32c, sha256 or sha512"),
    };

    public abstract void Append(ReadOnlySpan<byte> data);

    /// <summary>Lower-case hexadecimal of all that was appended.</summary>
    public abstract string Value();

    public virtual void Dispose()
    {
    }

    private sealed class None : ContentChecksum
    {
        public override void Append(ReadOnlySpan<byte> data)
        {
        }

        public override string Value() => string.Empty;
    }

    /// <summary>XXH64 with seed 0, in pieces: full 32-byte stripes at once, the rest is kept for the next piece.</summary>
    private sealed class XxHash : ContentChecksum
    {
        private const ulong Prime1 = 0x9E3779B185EBCA87;
        private const ulong Prime2 = 0xC2B2AE3D27D4EB4F;
        private const ulong Prime3 = 0x165667B19E3779F9;
        private const ulong Prime4 = 0x85EBCA77C2B2AE63;
        private const ulong Prime5 = 0x27D4EB2F165667C5;
        private const int StripeBytes = 32;

        private readonly byte[] kept = new byte[StripeBytes];
        private int keptCount;
        private ulong total;
        private ulong v1 = unchecked(Prime1 + Prime2);
        private ulong v2 = Prime2;
        private ulong v3;
        private ulong v4 = unchecked(0 - Prime1);

        public override void Append(ReadOnlySpan<byte> data)
        {
            total += (ulong)data.Length;
            if (keptCount > 0)
            {
                var take = Math.Min(StripeBytes - keptCount, data.Length);
                data[..take].CopyTo(kept.AsSpan(keptCount));
                keptCount += take;
                data = data[take..];
                if (keptCount < StripeBytes)
                {
                    return;
                }

                Stripes(MemoryMarshal.Cast<byte, ulong>(kept));
            }

            var whole = data.Length & ~(StripeBytes - 1);
            Stripes(MemoryMarshal.Cast<byte, ulong>(data[..whole]));
            data[whole..].CopyTo(kept);
            keptCount = data.Length - whole;
        }

        public override string Value()
        {
            var hash = total < StripeBytes
                ? Prime5
                : Merge(Merge(Merge(Merge(
                    BitOperations.RotateLeft(v1, 1) + BitOperations.RotateLeft(v2, 7) + BitOperations.RotateLeft(v3, 12) + BitOperations.RotateLeft(v4, 18), v1), v2), v3), v4);
            hash = Tail(hash + total, kept.AsSpan(0, keptCount));
            hash = (hash ^ (hash >> 33)) * Prime2;
            hash = (hash ^ (hash >> 29)) * Prime3;
            return (hash ^ (hash >> 32)).ToString("x16", CultureInfo.InvariantCulture);
        }

        private static ulong Tail(ulong hash, ReadOnlySpan<byte> rest)
        {
            for (; rest.Length >= 8; rest = rest[8..])
            {
                hash = (BitOperations.RotateLeft(hash ^ Round(0, MemoryMarshal.Read<ulong>(rest)), 27) * Prime1) + Prime4;
            }

            if (rest.Length >= 4)
            {
                hash = (BitOperations.RotateLeft(hash ^ (MemoryMarshal.Read<uint>(rest) * Prime1), 23) * Prime2) + Prime3;
                rest = rest[4..];
            }

            foreach (var value in rest)
            {
                hash = BitOperations.RotateLeft(hash ^ (value * Prime5), 11) * Prime1;
            }

            return hash;
        }

        private static ulong Round(ulong accumulator, ulong lane) => BitOperations.RotateLeft(accumulator + (lane * Prime2), 31) * Prime1;

        private static ulong Merge(ulong hash, ulong lane) => ((hash ^ Round(0, lane)) * Prime1) + Prime4;

        private void Stripes(ReadOnlySpan<ulong> lanes)
        {
            var (a, b, c, d) = (v1, v2, v3, v4);
            for (; lanes.Length >= 4; lanes = lanes[4..])
            {
                a = Round(a, lanes[0]);
                b = Round(b, lanes[1]);
                c = Round(c, lanes[2]);
                d = Round(d, lanes[3]);
            }

            (v1, v2, v3, v4) = (a, b, c, d);
        }
    }

    private sealed class Crc32C : ContentChecksum
    {
        private uint state = uint.MaxValue;

        public override void Append(ReadOnlySpan<byte> data)
        {
            var words = MemoryMarshal.Cast<byte, ulong>(data);
            foreach (var word in words)
            {
                state = BitOperations.Crc32C(state, word);
            }

            foreach (var value in data[(words.Length * sizeof(ulong))..])
            {
                state = BitOperations.Crc32C(state, value);
            }
        }

        public override string Value() => (~state).ToString("x8", CultureInfo.InvariantCulture);
    }

    private sealed class Cryptographic(HashAlgorithmName algorithm) : ContentChecksum
    {
        private readonly IncrementalHash hash = IncrementalHash.CreateHash(algorithm);

        public override void Append(ReadOnlySpan<byte> data) => hash.AppendData(data);

        public override string Value() => Convert.ToHexStringLower(hash.GetCurrentHash());

        public override void Dispose()
        {
            hash.Dispose();
            base.Dispose();
        }
    }
}
