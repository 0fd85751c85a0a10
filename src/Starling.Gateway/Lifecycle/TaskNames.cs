using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Starling.Core.Hashing;
using Starling.Protocol.State;
using Starling.Protocol.State.Operations;

namespace Starling.Gateway.Lifecycle;

/// <summary>
/// Names of operations for clients: a GUID made of the cluster and the log index at which the operation was started, so that every gateway knows it,
/// for ever, without storing it.
/// </summary>
public static class TaskNames
{
    private const ulong Variant = 0x8000_0000_0000_0000;

    /// <summary>The GUID of an operation.</summary>
    public static string GuidOf(ClusterState state, long operation)
    {
        ArgumentNullException.ThrowIfNull(state);
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, Head(state));
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], Variant | (ulong)operation);
        return new Guid(bytes, bigEndian: true).ToString("D", CultureInfo.InvariantCulture);
    }

    /// <summary>The operation that a client means; null when it is not known.</summary>
    /// <param name="state">The committed state.</param>
    /// <param name="name">A GUID, <c>op17</c>, or the id of a rebalance, <c>g3</c>.</param>
    public static Operation? Find(ClusterState state, string name)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(name);
        if (Guid.TryParseExact(name, "D", out var guid))
        {
            Span<byte> bytes = stackalloc byte[16];
            return guid.TryWriteBytes(bytes, bigEndian: true, out _) && BinaryPrimitives.ReadUInt64BigEndian(bytes) == Head(state)
                ? state.Operation((long)(BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]) & ~Variant))
                : null;
        }

        if (Number(name, "op") is { } id)
        {
            return state.Operation(id);
        }

        return Number(name, "g") is { } rebalance and > 0 ? OfRebalance(state, rebalance) : null;
    }

    /// <summary>Every operation that is remembered, newest first.</summary>
    public static IEnumerable<Operation> All(ClusterState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        return state.FinishedOperations.Concat(state.Operations.Values).OrderByDescending(operation => operation.Id);
    }

    /// <summary>The operation of a rebalance; null when it is not remembered, or there was none.</summary>
    public static Operation? OfRebalance(ClusterState state, long rebalance) => All(state).FirstOrDefault(operation => operation.RebalanceId == rebalance);

    /// <summary>The number of a rebalance in the form of clients; null when it is not one.</summary>
    public static long? RebalanceNumber(string id) => Number(id, "g");

    private static long? Number(string name, string prefix) =>
        name.StartsWith(prefix, StringComparison.Ordinal) && long.TryParse(name.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    // Version 8 of RFC 9562: what lies in it is the maker's business.
    private static ulong Head(ClusterState state) => (XxHash64Seeded.Hash(Encoding.UTF8.GetBytes(state.ClusterId), 0) & ~0xF000UL) | 0x8000UL;
}
