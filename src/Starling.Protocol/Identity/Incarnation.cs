using System.Globalization;

namespace Starling.Protocol.Identity;

/// <summary>Random 128 bits in the header of a node's control log, nowhere else (rule A7). A node whose log is lost is another incarnation.</summary>
public readonly record struct Incarnation(UInt128 Value) : IComparable<Incarnation>
{
    /// <summary>No incarnation: the sender does not know it, or the question is exempt (joins).</summary>
    public static Incarnation None => default;

    /// <inheritdoc/>
    public int CompareTo(Incarnation other) => Value.CompareTo(other.Value);

    /// <summary>32 lower-case hexadecimal digits.</summary>
    public override string ToString() => Value.ToString("x32", CultureInfo.InvariantCulture);

    /// <summary>Parses 32 hexadecimal digits.</summary>
    /// <exception cref="FormatException">Not hexadecimal.</exception>
    public static Incarnation Parse(string text) => new(UInt128.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));

    /// <summary>Order of the values, for deterministic iteration.</summary>
    public static bool operator <(Incarnation left, Incarnation right) => left.CompareTo(right) < 0;

    /// <summary>Order of the values, for deterministic iteration.</summary>
    public static bool operator >(Incarnation left, Incarnation right) => left.CompareTo(right) > 0;

    /// <summary>Order of the values, for deterministic iteration.</summary>
    public static bool operator <=(Incarnation left, Incarnation right) => left.CompareTo(right) <= 0;

    /// <summary>Order of the values, for deterministic iteration.</summary>
    public static bool operator >=(Incarnation left, Incarnation right) => left.CompareTo(right) >= 0;
}
