using Starling.Core.Names;

namespace Starling.Protocol.Identity;

/// <summary>A member as consensus counts it: the id alone is not enough, a wiped node with the same id is somebody else (rule A7).</summary>
public readonly record struct Member(NodeId Id, Incarnation Incarnation) : IComparable<Member>
{
    /// <inheritdoc/>
    public int CompareTo(Member other)
    {
        var order = Id.CompareTo(other.Id);
        return order != 0 ? order : Incarnation.CompareTo(other.Incarnation);
    }

    /// <summary>Order by id, then incarnation.</summary>
    public static bool operator <(Member left, Member right) => left.CompareTo(right) < 0;

    /// <summary>Order by id, then incarnation.</summary>
    public static bool operator >(Member left, Member right) => left.CompareTo(right) > 0;

    /// <summary>Order by id, then incarnation.</summary>
    public static bool operator <=(Member left, Member right) => left.CompareTo(right) <= 0;

    /// <summary>Order by id, then incarnation.</summary>
    public static bool operator >=(Member left, Member right) => left.CompareTo(right) >= 0;
}

/// <summary>One running process of a member (rule A8): votes and leadership belong to it.</summary>
public readonly record struct NodeIdentity(NodeId Id, Incarnation Incarnation, SessionId Session)
{
    /// <summary>The member without its session.</summary>
    public Member Member => new(Id, Incarnation);
}
