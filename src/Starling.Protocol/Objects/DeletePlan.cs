using Starling.Core.Names;
using Starling.Protocol.Rebalance;

namespace Starling.Protocol.Objects;

/// <summary>
/// One delete (rules B5, B7): a tombstone is written without asking anybody; "not found" is answered only when nobody can hold the name.
/// </summary>
/// <param name="name">The object.</param>
/// <param name="bucketId">Id of its bucket, resolved when the request came in.</param>
/// <param name="conditions">Conditions of the request.</param>
/// <param name="keys">Where this process takes its keys from.</param>
public sealed class DeletePlan(ObjectName name, ulong bucketId, Conditions conditions, RecordKeySource keys) : MutationPlan(name, bucketId, conditions, keys)
{
    /// <inheritdoc/>
    protected override PlanAction Decide(in ObjectView view, RecordHead? local, RecordHead? greatest, bool isProven)
    {
        if (greatest is null && view.MissesMountpath)
        {
            return PlanAction.Refuse(PlanChecks.MissingDisk(Name));
        }

        if (isProven && greatest is not { IsTombstone: false })
        {
            return PlanAction.Refuse(PlanChecks.NotFound(Name));
        }

        var tombstone = new RecordHead(default, IsTombstone: true, SizeBytes: 0, string.Empty, string.Empty, Version: 0);
        return Write(view, tombstone, mayForget: Forgetting.MayForgetTombstones(view));
    }

    /// <inheritdoc/>
    protected override PlanAction Done(in ObjectView view) => new(PlanActionKind.Answer) { Record = Pending, Node = view.Self, Epoch = view.Epoch };
}
