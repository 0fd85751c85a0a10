using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Starling.Core.Hashing;

/// <summary>XXH64 over bytes that arrive in pieces. A mutable value: keep it in a field, do not copy it while it grows.</summary>
public struct XxHash64State
{
    private const int StripeBytes = 32;
    private readonly ulong seed;
    private ulong v1;
    private ulong v2;
    private ulong v3;
    private ulong v4;
    private ulong length;
    private Stripe buffered;

    /// <summary>Starts with the given seed; object content uses 0.</summary>
    public XxHash64State(ulong seed)
    {
        this.seed = seed;
        v1 = seed + XxHash64Seeded.Prime1 + XxHash64Seeded.Prime2;
        v2 = seed + XxHash64Seeded.Prime2;
        v3 = seed;
        v4 = seed - XxHash64Seeded.Prime1;
    }

    /// <summary>Adds bytes.</summary>
    public void Append(ReadOnlySpan<byte> data)
    {
        var held = (int)(length % StripeBytes);
        length += (ulong)data.Length;
        Span<byte> buffer = buffered;
        if (held > 0)
        {
            var take = Math.Min(StripeBytes - held, data.Length);
            data[..take].CopyTo(buffer[held..]);
            data = data[take..];
            if (held + take < StripeBytes)
            {
                return;
            }

            Consume(buffer);
        }

        while (data.Length >= StripeBytes)
        {
            Consume(data);
            data = data[StripeBytes..];
        }

        data.CopyTo(buffer);
    }

    /// <summary>The digest of everything appended so far; appending may go on.</summary>
    public readonly ulong Digest()
    {
        var hash = length >= StripeBytes ? XxHash64Seeded.Converge(v1, v2, v3, v4) : seed + XxHash64Seeded.Prime5;
        ReadOnlySpan<byte> tail = buffered;
        return XxHash64Seeded.Finish(hash + length, tail[..(int)(length % StripeBytes)]);
    }

    private void Consume(ReadOnlySpan<byte> stripe)
    {
        v1 = XxHash64Seeded.Round(v1, BinaryPrimitives.ReadUInt64LittleEndian(stripe));
        v2 = XxHash64Seeded.Round(v2, BinaryPrimitives.ReadUInt64LittleEndian(stripe[8..]));
        v3 = XxHash64Seeded.Round(v3, BinaryPrimitives.ReadUInt64LittleEndian(stripe[16..]));
        v4 = XxHash64Seeded.Round(v4, BinaryPrimitives.ReadUInt64LittleEndian(stripe[24..]));
    }

    [InlineArray(StripeBytes)]
    private struct Stripe
    {
        private byte first;
    }
}
