using System.Globalization;

namespace Starling.Protocol.Identity;

/// <summary>Random 128 bits per process start (rule A8).</summary>
public readonly record struct SessionId(UInt128 Value) : IComparable<SessionId>
{
    /// <summary>No session.</summary>
    public static SessionId None => default;

    /// <inheritdoc/>
    public int CompareTo(SessionId other) => Value.CompareTo(other.Value);

    /// <summary>32 lower-case hexadecimal digits.</summary>
    public override string ToString() => Value.ToString("x32", CultureInfo.InvariantCulture);

    /// <summary>Parses 32 hexadecimal digits.</summary>
    /// <exception cref="FormatException">Not hexadecimal.</exception>
    public static SessionId Parse(string text) => new(UInt128.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));

    /// <summary>Order of the values, for deterministic iteration.</summary>
    public static bool operator <(SessionId left, SessionId right) => left.CompareTo(right) < 0;

    /// <summary>Order of the values, for deterministic iteration.</summary>
    public static bool operator >(SessionId left, SessionId right) => left.CompareTo(right) > 0;

    /// <summary>Order of the values, for deterministic iteration.</summary>
    public static bool operator <=(SessionId left, SessionId right) => left.CompareTo(right) <= 0;

    /// <summary>Order of the values, for deterministic iteration.</summary>
    public static bool operator >=(SessionId left, SessionId right) => left.CompareTo(right) >= 0;
}
