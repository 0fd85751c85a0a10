using System.Buffers;
using System.Globalization;

namespace Starling.Loader.Options;

/// <summary>Durations, sizes and counts as the output table writes them.</summary>
internal static class Units
{
    private static readonly SearchValues<char> NumberCharacters = SearchValues.Create("0123456789.");

    /// <summary>Parses a Go duration; a bare number is refused because its unit would be a guess.</summary>
    public static TimeSpan ParseDuration(string text)
    {
        double totalSeconds = 0;
        var rest = text.AsSpan();
        if (rest.IsEmpty)
        {
            throw new UsageException("empty duration");
        }

        while (!rest.IsEmpty)
        {
            var digits = rest.IndexOfAnyExcept(NumberCharacters);
            if (digits <= 0)
            {
                throw new UsageException(digits == 0 ? "not a duration" : "missing unit (ms, s, m or h)");
            }

            var number = double.Parse(rest[..digits], CultureInfo.InvariantCulture);
            rest = rest[digits..];
            var unitLength = rest.IndexOfAny(NumberCharacters) is var next && next < 0 ? rest.Length : next;
            totalSeconds += number * rest[..unitLength] switch
            {
                "ns" => 1e-9,
                "us" or "µs" => 1e-6,
                "ms" => 1e-3,
                "s" => 1,
                "m" => 60,
                "h" => 3600,
                _ => throw new UsageException($"unknown unit \"{rest[..unitLength]}\""),
            };
            rest = rest[unitLength..];
        }

        return TimeSpan.FromSeconds(totalSeconds);
    }

    /// <summary>Parses a size; every suffix is binary (1k = 1024).</summary>
    public static long ParseSize(string text)
    {
        var span = text.AsSpan().Trim();
        var digits = span.IndexOfAnyExcept(NumberCharacters);
        var number = span[..(digits < 0 ? span.Length : digits)];
        var unit = digits < 0 ? string.Empty : span[digits..].Trim().ToString().ToLowerInvariant();
        var shift = unit switch
        {
            "" or "b" => 0,
            "k" or "kb" or "ki" or "kib" => 10,
            "m" or "mb" or "mi" or "mib" => 20,
            "g" or "gb" or "gi" or "gib" => 30,
            "t" or "tb" or "ti" or "tib" => 40,
            _ => throw new UsageException($"unknown size unit \"{unit}\""),
        };
        return (long)(double.Parse(number, CultureInfo.InvariantCulture) * (1L << shift));
    }

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
