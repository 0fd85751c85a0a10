using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Objects;
using Starling.Protocol.State;
using Starling.Storage.Objects;
using OpenObject = Starling.Storage.Objects.ObjectReader;

namespace Starling.Target.Objects;

/// <summary>What a read found.</summary>
/// <param name="Record">The object's record; null when redirected.</param>
/// <param name="Content">The open object, when content was asked for; the caller disposes it.</param>
/// <param name="MayBeStale">Served without a lease (rule B3).</param>
/// <param name="NotModified">The conditions say that the client has it already.</param>
/// <param name="Owner">Another target owns the name by now: go there; none otherwise.</param>
public readonly record struct ReadResult(ObjectRecord? Record, OpenObject? Content, bool MayBeStale, bool NotModified, NodeId Owner);

/// <summary>Reads objects and their records (rule B7).</summary>
public sealed class ObjectReader
{
    private readonly TargetNode node;

    /// <summary>Makes the service.</summary>
    public ObjectReader(TargetNode node)
    {
        this.node = node;
    }

    /// <summary>Finds an object.</summary>
    /// <param name="name">The object.</param>
    /// <param name="bucket">Its bucket.</param>
    /// <param name="withContent">Open its content as well.</param>
    /// <param name="conditions">Conditions of the request.</param>
    /// <param name="cancellationToken">The client went away.</param>
    /// <exception cref="StoreException">ObjectNotFound only when proven; else why it cannot be said.</exception>
    public async ValueTask<ReadResult> ReadAsync(ObjectName name, BucketEntry bucket, bool withContent, Conditions conditions, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(bucket);
        OpenObject? open = null;
        ObjectRecord? record = null;
        var run = new PlanRun(node, name, bucket.Id, new GetPlan(name, bucket.Id, conditions, node.View.Current.State.Config.RefuseStale))
        {
            Look = () =>
            {
                open?.Dispose();
                open = null;
                var found = withContent ? Open(name, bucket.Id, out open) : node.Store.Lookup(name, bucket.Id);
                record = found.Record;
                return found;
            },
        };
        try
        {
            var end = await run.RunAsync(cancellationToken);
            switch (end.Kind)
            {
                case PlanActionKind.Redirect:
                    open?.Dispose();
                    return new ReadResult(null, null, false, false, end.Node);
                case PlanActionKind.Refuse:
                    throw new StoreException(end.Error!);
                default:
                    return new ReadResult(record, open, end.MayBeStale, end.IsNotModified, default);
            }
        }
        catch
        {
            open?.Dispose();
            throw;
        }
    }

    private LookupResult Open(ObjectName name, ulong bucketId, out OpenObject? open)
    {
        var result = node.Store.OpenRead(name, bucketId);
        open = result.Reader;
        return result.Lookup;
    }
}
