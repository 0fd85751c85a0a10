using System.Collections.Immutable;
using System.Globalization;
using Starling.Core.Names;
using Starling.Protocol.State.Commands;

namespace Starling.Protocol.State.Operations;

/// <summary>What the journal says of a command: derived from it alone, the same on every node.</summary>
internal static class JournalTexts
{
    public static JournalEntry Describe(Command command, long index)
    {
        var (by, atNs) = command switch
        {
            StartOperation c => (c.RequestedBy, c.CreatedNs),
            CancelOperation c => (c.By, 0L),
            DeclareLost c => (c.By, 0L),
            AttestOff c => (c.By, 0L),
            CreateBucket c => (string.Empty, c.CreatedNs),
            FormCluster c => (string.Empty, c.CreatedNs),
            _ => (string.Empty, 0L),
        };
        var what = What(command) ?? OfOperations(command) ?? command.GetType().Name;
        var origin = command.Origin;
        return new JournalEntry(
            index, origin is { AtNs: > 0 } ? origin.AtNs : atNs, origin is { By.Length: > 0 } ? origin.By : by, what, origin is { Why.Length: > 0 } ? origin.Why : Why(command));
    }

    private static string? What(Command command) => command switch
    {
        FormCluster c => $"cluster {c.ClusterId} formed by {Names([.. c.Members.Select(m => m.Id)])}",
        AdmitNode c => $"node {c.Id} admitted at {c.Addresses.Control}",
        UpdateNodeAddresses c => $"node {c.Member.Id} moved to {c.Addresses.Control}",
        CommitSession c => $"node {c.Member.Id} started, session {c.Session}",
        RecordStop c => $"node {c.Id} stops in order, session {c.Session}",
        ActivateTargets c => $"targets {Names([.. c.Targets.Select(t => t.Id)])} go in",
        MarkFenced c => Invariant($"target {c.Id} fenced at epoch {c.Epoch}"),
        MarkClean c => Invariant($"target {c.Id} clean as of epoch {c.Epoch}"),
        CreateBucket c => $"bucket \"{c.Bucket.Cname}\" created",
        DestroyBucket c => Invariant($"bucket \"{c.Bucket.Cname}\" with id {c.BucketId} destroyed"),
        SetBucketProps c => $"properties of bucket \"{c.Bucket.Cname}\" changed",
        ResetBucketProps c => $"properties of bucket \"{c.Bucket.Cname}\" reset",
        SetConfig => "configuration changed",
        ResetConfig => "configuration reset",
        SetFeatureLevel c => Invariant($"feature level raised to {c.Level}"),
        _ => null,
    };

    private static string? OfOperations(Command command) => command switch
    {
        StartOperation c => $"{c.Kind.ActionName()} asked for{(c.Nodes.IsEmpty ? string.Empty : $" {Names(c.Nodes)}")}",
        AdvanceOperation c => Invariant($"operation op{c.Operation} enters {c.To}"),
        BlockOperation c => c.Block is null ? Invariant($"operation op{c.Operation} goes on") : Invariant($"operation op{c.Operation} is blocked: {c.Block.Text}"),
        CancelOperation c => Invariant($"operation op{c.Operation} is to be taken back"),
        CompleteDrain c => Invariant($"target {c.Node} is out: safe to power off at epoch {c.Epoch}"),
        ReopenDrain c => $"target {c.Node} drains again: receiver {c.Receiver} was lost",
        DeclareLost c => c.MountpathIds.IsEmpty ? $"what target {c.Target} held is declared lost" : $"mountpaths {string.Join(", ", c.MountpathIds)} of target {c.Target} are declared lost",
        AttestOff c => $"session {c.Session} of node {c.Node} is attested off",
        RemoveNode c => $"node {c.Node} removed",
        PermitErase c => $"node {c.Node} may erase itself and is never admitted again as incarnation {c.Incarnation}",
        ConfirmErased c => $"node {c.Node} has erased itself and is removed",
        RecordMountpaths c => $"target {c.Id} has mountpaths {string.Join(", ", c.Present)}",
        StopNode c => $"session {c.Session} of node {c.Node} is told to stop",
        _ => null,
    };

    private static string Why(Command command) => command switch
    {
        StartOperation { Options.Force.IsEmpty: false } c => $"guards overridden: {string.Join(", ", c.Options.Force)}",
        MarkFenced c => c.Ground switch
        {
            FenceGround.Reported => "it has adopted the epoch",
            FenceGround.LeaseLapsed => "its lease has lapsed",
            _ => "it is attested off",
        },
        _ => string.Empty,
    };

    private static string Names(ImmutableArray<NodeId> nodes) => string.Join(", ", nodes);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
