using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Objects;
using Starling.Protocol.State;
using Starling.Storage.Objects;
using OpenObject = Starling.Storage.Objects.ObjectReader;

namespace Starling.Target.Objects;

/// <summary>What a read found.</summary>
/// <param name="Record">The object's record; null when redirected.</param>
/// <param name="Content">The open object, when content was asked for and lies here; the caller disposes it.</param>
/// <param name="MayBeStale">Served without a lease (rule B3).</param>
/// <param name="NotModified">The conditions say that the client has it already.</param>
/// <param name="Owner">Another target owns the name by now: go there; none otherwise.</param>
public readonly record struct ReadResult(ObjectRecord? Record, OpenObject? Content, bool MayBeStale, bool NotModified, NodeId Owner)
{
    /// <summary>The bytes that were asked for, when they lie on a neighbour (rule B7); the caller disposes it.</summary>
    public RemoteContent? Remote { get; init; }
}

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
    /// <param name="part">Which bytes of the record will be wanted, should they lie on a neighbour; null: all.</param>
    /// <exception cref="StoreException">ObjectNotFound only when proven; else why it cannot be said.</exception>
    public async ValueTask<ReadResult> ReadAsync(
        ObjectName name, BucketEntry bucket, bool withContent, Conditions conditions, CancellationToken cancellationToken, Func<ObjectRecord, BytePart>? part = null)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(bucket);
        OpenObject? open = null;
        ObjectRecord? record = null;
        var run = new PlanRun(node, name, bucket.Id, new GetPlan(name, bucket.Id, conditions, node.View.Current.State.Config.RefuseStale))
        {
            Look = all =>
            {
                open?.Dispose();
                open = null;
                var found = withContent ? Open(name, bucket.Id, all, out open) : all ? node.Store.LookupAll(name, bucket.Id) : node.Store.Lookup(name, bucket.Id);
                record = found.Record;
                return found;
            },
        };
        try
        {
            var end = await run.RunAsync(cancellationToken);
            while (true)
            {
                switch (end.Kind)
                {
                    case PlanActionKind.Redirect:
                        open?.Dispose();
                        return new ReadResult(null, null, false, false, end.Node);
                    case PlanActionKind.Refuse:
                        throw new StoreException(end.Error!);
                    case PlanActionKind.Answer when end.Node == node.View.Current.Self.Id:
                        return new ReadResult(record, open, end.MayBeStale, end.IsNotModified, default);
                }

                open?.Dispose();
                open = null;
                var there = run.RemoteRecord(end);
                var found = new ReadResult(there, null, end.MayBeStale, end.IsNotModified, default);
                if (!withContent || end.IsNotModified)
                {
                    return found;
                }

                if (await RemoteContent.OpenAsync(node, name, end, there, part?.Invoke(there) ?? BytePart.Whole, run.Left, cancellationToken) is { } remote)
                {
                    return found with { Remote = remote };
                }

                end = await run.StartOverAsync(cancellationToken);
            }
        }
        catch
        {
            open?.Dispose();
            throw;
        }
    }

    private LookupResult Open(ObjectName name, ulong bucketId, bool all, out OpenObject? open)
    {
        var result = node.Store.OpenRead(name, bucketId);
        if (all && result.Lookup.Status == LookupStatus.Absent)
        {
            result = node.Store.OpenLeftover(name, bucketId);
        }

        open = result.Reader;
        return result.Lookup;
    }
}
