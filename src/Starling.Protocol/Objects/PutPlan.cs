using Starling.Core.Names;
using Starling.Core.Objects;

namespace Starling.Protocol.Objects;

/// <summary>A body that lies in a work file.</summary>
/// <param name="SizeBytes">Its size.</param>
/// <param name="ChecksumType">Type of its checksum; empty for none.</param>
/// <param name="ChecksumValue">Its checksum, lower-case hexadecimal.</param>
/// <param name="Durability">The level that this write is stored at.</param>
public sealed record StagedObject(long SizeBytes, string ChecksumType, string ChecksumValue, Durability Durability)
{
    /// <summary>Entity tag of the new object.</summary>
    public string ETag { get; init; } = string.Empty;

    /// <summary>Whether the bucket counts versions.</summary>
    public bool IsVersioned { get; init; } = true;

    /// <summary>Whether nothing need be written when the same content is stored already; false when attributes beside the content are set.</summary>
    public bool MayStayUnchanged { get; init; } = true;
}

/// <summary>One put (rule B5).</summary>
/// <param name="name">The object.</param>
/// <param name="bucketId">Id of its bucket, resolved when the request came in.</param>
/// <param name="conditions">Conditions of the request.</param>
/// <param name="keys">Where this process takes its keys from.</param>
/// <param name="staged">The body.</param>
public sealed class PutPlan(ObjectName name, ulong bucketId, Conditions conditions, RecordKeySource keys, StagedObject staged)
    : MutationPlan(name, bucketId, conditions, keys)
{
    /// <summary>A name that moved before the commit is followed with the work file, under the same request id (<see cref="PlanActionKind.Forward"/>).</summary>
    public bool FollowsTheName { get; init; }

    /// <inheritdoc/>
    protected override bool ForwardsBody => FollowsTheName;

    /// <inheritdoc/>
    protected override PlanAction Decide(in ObjectView view, RecordHead? local, RecordHead? greatest, bool isProven)
    {
        if (isProven && local is not null && greatest?.Key == local.Key && IsStoredAlready(local))
        {
            return new PlanAction(PlanActionKind.Answer) { Record = local, Node = view.Self, Epoch = view.Epoch, IsUnchanged = true };
        }

        var version = !staged.IsVersioned ? 0 : greatest is { IsTombstone: false } ? greatest.Version + 1 : 1;
        return Write(view, new RecordHead(default, IsTombstone: false, staged.SizeBytes, staged.ChecksumType, staged.ChecksumValue, version)
        {
            ETag = staged.ETag,
            Durability = staged.Durability,
        });
    }

    /// <inheritdoc/>
    protected override PlanAction Done(in ObjectView view) => new(PlanActionKind.Answer) { Record = Pending, Node = view.Self, Epoch = view.Epoch };

    // A weaker level than asked for would acknowledge what a power cut can still take.
    private bool IsStoredAlready(RecordHead local) => staged.MayStayUnchanged
        && !local.IsTombstone
        && staged.ChecksumValue.Length > 0
        && local.ChecksumType == staged.ChecksumType
        && local.ChecksumValue == staged.ChecksumValue
        && local.SizeBytes == staged.SizeBytes
        && local.Durability <= staged.Durability;
}
