using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Protocol.Objects;
using Starling.Protocol.State;
using Starling.Storage.Objects;

namespace Starling.Target.Objects;

/// <summary>Deletes objects (rules B5, B7, B11): a tombstone, or nothing at all where nobody else can hold the name.</summary>
public sealed class ObjectDeleter
{
    private readonly TargetNode node;

    /// <summary>Makes the service.</summary>
    public ObjectDeleter(TargetNode node)
    {
        this.node = node;
    }

    /// <summary>Deletes; returns the new owner when the name belongs to another target, none when done.</summary>
    /// <exception cref="StoreException">ObjectNotFound only when proven; PreconditionFailed; else why not, or that the outcome is unknown.</exception>
    public async Task<NodeId> DeleteAsync(ObjectName name, BucketEntry bucket, Conditions conditions, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(bucket);
        var settings = bucket.Settings();
        var run = new PlanRun(node, name, bucket.Id, new DeletePlan(name, bucket.Id, conditions, node.Keys))
        {
            Look = all => all ? node.Store.LookupAll(name, bucket.Id) : node.Store.Lookup(name, bucket.Id),
            Commit = async action =>
            {
                if (action.MayForget)
                {
                    await node.Store.ForgetAsync(name, bucket.Id, settings.Durability, CancellationToken.None);
                    return;
                }

                await node.Store.CommitTombstoneAsync(name, Tombstone(name, action.Key, settings.Durability), settings.Durability, CancellationToken.None);
            },
        };
        var end = await run.RunAsync(cancellationToken);
        return end.Kind == PlanActionKind.Refuse ? throw new StoreException(end.Error!) : end.Kind == PlanActionKind.Redirect ? end.Node : default;
    }

    private ObjectRecord Tombstone(ObjectName name, RecordKey key, Durability durability) => new()
    {
        Key = key,
        Kind = RecordKind.Tombstone,
        Uname = name.Uname,
        WrittenTimeNs = node.Clock.WallNs,
        AccessTimeNs = node.Clock.WallNs,
        Durability = durability,
    };
}
