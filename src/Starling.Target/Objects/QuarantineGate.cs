using Starling.Core.Names;
using Starling.Protocol.State;

namespace Starling.Target.Objects;

/// <summary>
/// Keeps a target from serving or receiving anything before what it brings along from another life is set aside (rule B0). Closed, the target counts as one
/// that is starting: whoever asks hears <i>unknown</i>. Thread-safe.
/// </summary>
public sealed class QuarantineGate
{
    private Seen? seen;

    /// <summary>Whether all that has to be set aside by this state was set aside. Two comparisons while the members do not change.</summary>
    public bool IsOpen(ClusterState state, NodeId self)
    {
        ArgumentNullException.ThrowIfNull(state);
        var last = Volatile.Read(ref seen);
        if (last is not null && ReferenceEquals(last.Nodes, state.Nodes) && ReferenceEquals(last.Losses, state.Losses))
        {
            return last.IsOpen;
        }

        var through = last?.Through ?? 0;
        var isOpen = state.QuarantineBefore(self) <= through;
        Interlocked.CompareExchange(ref seen, new Seen(state.Nodes, state.Losses, isOpen, through), last);
        return isOpen;
    }

    /// <summary>Everything from before this log index is set aside.</summary>
    public void Done(long index) => Volatile.Write(ref seen, new Seen(null, null, IsOpen: false, index));

    private sealed record Seen(object? Nodes, object? Losses, bool IsOpen, long Through);
}
