using System.Globalization;
using Starling.Core.Wire;

namespace Starling.Loader.Options;

/// <summary>Durations, sizes and counts as the output table writes them.</summary>
internal static class Units
{
    /// <summary>Parses a Go duration of at least zero; a bare number is refused because its unit would be a guess.</summary>
    public static TimeSpan ParseDuration(string text) => Core.Wire.GoDuration.TryParse(text, out var duration) && duration.Nanoseconds >= 0
        ? duration.ToTimeSpan()
        : throw new UsageException("not a duration: expecting numbers with their units (ms, s, m or h), for example 1m30s");

    /// <summary>Parses a size; every suffix is binary (1k = 1024).</summary>
    public static long ParseSize(string text) => SizeIec.TryParse(text, out var size)
        ? size.Bytes
        : throw new UsageException("not a size: expecting a number with or without a unit (KiB, MiB, GiB or TiB), for example 64MiB");

    /// <summary>A size with binary units and a fixed number of decimals; whole bytes have none.</summary>
    public static string Size(double sizeBytes, int decimals)
    {
        string[] units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
        var unit = 0;
        while (sizeBytes >= 1024 && unit < units.Length - 1)
        {
            sizeBytes /= 1024;
            unit++;
        }

        return sizeBytes.ToString(unit == 0 ? "F0" : "F" + decimals.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture) + units[unit];
    }

    /// <summary>A latency in the unit that Go would choose, at most three decimals, cut off rather than rounded.</summary>
    public static string Latency(long nanoseconds)
    {
        var (divisor, unit) = nanoseconds switch
        {
            < 1_000 => (1L, "ns"),
            < 1_000_000 => (1_000L, "µs"),
            < 1_000_000_000 => (1_000_000L, "ms"),
            _ => (1_000_000_000L, "s"),
        };
        var whole = nanoseconds / divisor;
        if (divisor == 1)
        {
            return whole.ToString(CultureInfo.InvariantCulture) + unit;
        }

        // Go prints what remains without trailing zeros; the table then cuts the text to three decimals, which may keep zeros that are not trailing.
        var full = (nanoseconds % divisor).ToString(CultureInfo.InvariantCulture).PadLeft(divisor.ToString(CultureInfo.InvariantCulture).Length - 1, '0').TrimEnd('0');
        var fraction = full.Length > 3 ? full[..3] : full;
        return fraction.Length == 0 ? $"{whole}{unit}" : $"{whole}.{fraction}{unit}";
    }

    /// <summary>A duration as Go prints it: 3m0s, 1h0m0s, 10s.</summary>
    public static string GoDuration(TimeSpan duration)
    {
        var seconds = (decimal)duration.Ticks / TimeSpan.TicksPerSecond;
        if (seconds == 0)
        {
            return "0s";
        }

        if (seconds < 1)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{duration.TotalMilliseconds:0.###}ms");
        }

        var hours = (long)(seconds / 3600);
        var minutes = (long)(seconds / 60) % 60;
        var rest = string.Create(CultureInfo.InvariantCulture, $"{seconds % 60:0.#########}s");
        return (hours, minutes) switch
        {
            (0, 0) => rest,
            (0, _) => string.Create(CultureInfo.InvariantCulture, $"{minutes}m{rest}"),
            _ => string.Create(CultureInfo.InvariantCulture, $"{hours}h{minutes}m{rest}"),
        };
    }

    /// <summary>A count with thousands separators.</summary>
    public static string Count(long count) => count.ToString("N0", CultureInfo.InvariantCulture);
}
