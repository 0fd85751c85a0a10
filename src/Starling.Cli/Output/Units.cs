using System.Globalization;

namespace Starling.Cli.Output;

/// <summary>How sizes are written: powers of 1024, powers of 1000, or plain bytes.</summary>
internal sealed class Units
{
    private static readonly string[] Iec = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    private static readonly string[] Si = ["B", "KB", "MB", "GB", "TB", "PB"];

    private readonly string kind;

    private Units(string kind) => this.kind = kind;

    public static Units Default { get; } = new("iec");

    public static Units Parse(string? text) => text switch
    {
        null or "" => Default,
        "iec" or "si" or "raw" => new Units(text),
        _ => throw new UsageException($"invalid '--units {text}': expecting one of iec (KiB, MiB, ...), si (KB, MB, ...), raw (bytes)"),
    };

    /// <summary>A size with so many digits after the point: <c>32.62MiB</c>, <c>959B</c>, <c>0B</c>.</summary>
    public string Size(long bytes, int digits = 2)
    {
        if (kind == "raw")
        {
            return bytes.ToString(CultureInfo.InvariantCulture);
        }

        var (step, names) = kind == "si" ? (1000.0, Si) : (1024.0, Iec);
        var (value, unit) = ((double)bytes, 0);
        while (Math.Abs(value) >= step && unit < names.Length - 1)
        {
            (value, unit) = (value / step, unit + 1);
        }

        return value.ToString(unit == 0 ? "0" : "F" + digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture) + names[unit];
    }

    /// <summary>Parses <c>10</c>, <c>4k</c>, <c>1.5MiB</c>; suffixes are powers of 1024 unless the units are SI.</summary>
    public long ParseSize(string text, string flag)
    {
        var digits = text.TakeWhile(c => char.IsAsciiDigit(c) || c == '.').Count();
        var exponent = text[digits..].ToUpperInvariant() switch
        {
            "" or "B" => 0,
            "K" or "KB" or "KIB" => 1,
            "M" or "MB" or "MIB" => 2,
            "G" or "GB" or "GIB" => 3,
            "T" or "TB" or "TIB" => 4,
            _ => -1,
        };
        if (exponent < 0 || !double.TryParse(text[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value))
        {
            throw new UsageException($"invalid size '{flag} {text}': expecting a number of bytes, or a number with k, m, g or t, for example 64m");
        }

        return checked((long)(value * Math.Pow(kind == "si" ? 1000 : 1024, exponent)));
    }

    /// <summary>A count with thousands separators, for sentences; table cells have none.</summary>
    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);
}
