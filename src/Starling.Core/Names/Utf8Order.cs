namespace Starling.Core.Names;

/// <summary>The order of object names: by the bytes of their UTF-8, which differs from the order of .NET strings where surrogates are involved.</summary>
public sealed class Utf8Order : IComparer<string>
{
    private Utf8Order()
    {
    }

    /// <summary>The one instance.</summary>
    public static Utf8Order Instance { get; } = new();

    /// <inheritdoc/>
    public int Compare(string? x, string? y)
    {
        if (x is null || y is null)
        {
            return (x is null ? 0 : 1) - (y is null ? 0 : 1);
        }

        var common = x.AsSpan().CommonPrefixLength(y);
        if (common == x.Length || common == y.Length)
        {
            return x.Length - y.Length;
        }

        var (left, right) = (x[common], y[common]);
        return Weight(left) - Weight(right);
    }

    // Surrogates stand for characters above U+FFFF, which UTF-8 puts behind everything else.
    private static int Weight(char c) => char.IsSurrogate(c) ? c + 0x10000 : c;
}
