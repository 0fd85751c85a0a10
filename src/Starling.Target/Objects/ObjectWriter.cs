using System.Buffers;
using System.Globalization;
using System.IO.Pipelines;
using Starling.Core.Config;
using Starling.Core.Errors;
using Starling.Core.Hashing;
using Starling.Core.Names;
using Starling.Protocol.Objects;
using Starling.Protocol.State;
using Starling.Storage.Objects;
using Starling.Target.Neighbors;

namespace Starling.Target.Objects;

/// <summary>One body to be stored.</summary>
public sealed record PutRequest
{
    /// <summary>The object.</summary>
    public required ObjectName Name { get; init; }

    /// <summary>The bucket as resolved when the request came in; its id goes into the commit check.</summary>
    public required BucketEntry Bucket { get; init; }

    /// <summary>User metadata.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Custom { get; init; } = [];

    /// <summary>Algorithm of the checksum that the client sent; empty or <c>none</c> for none.</summary>
    public string ChecksumType { get; init; } = string.Empty;

    /// <summary>The checksum that the client sent, hexadecimal.</summary>
    public string ChecksumValue { get; init; } = string.Empty;

    /// <summary>Conditions on the object that the name has now.</summary>
    public Conditions Conditions { get; init; } = Conditions.None;

    /// <summary>Do not compare with or count on from the stored object.</summary>
    public bool SkipVersionCheck { get; init; }

    /// <summary>Size that the body must have; null: whatever it has.</summary>
    public long? SizeBytes { get; init; }

    /// <summary>Id of the client's request.</summary>
    public string RequestId { get; init; } = string.Empty;

    /// <summary>Should the name belong to another target when the body is here, the body is sent there, and the client is not asked to send it again.</summary>
    public bool FollowsTheName { get; init; }

    /// <summary>Whether a name, in lower case, is a type of checksum that clients may send.</summary>
    public static bool IsKnownChecksum(string type) => ClientChecksum.IsKnown(type);
}

/// <summary>What became of a mutation.</summary>
/// <param name="Record">The stored record; null when redirected.</param>
/// <param name="Owner">Another target owns the name by now: go there; none otherwise.</param>
public readonly record struct WriteResult(ObjectRecord? Record, NodeId Owner);

/// <summary>Stores bodies and changes metadata (rule B5): work file first, then the plan.</summary>
public sealed class ObjectWriter
{
    /// <summary>Bytes gathered before one write to the disk.</summary>
    private const int PieceBytes = 256 * 1024;

    private readonly TargetNode node;

    /// <summary>Makes the service.</summary>
    public ObjectWriter(TargetNode node)
    {
        this.node = node;
    }

    /// <summary>Receives a body and commits it.</summary>
    /// <exception cref="StoreException">Nothing is visible, except after UnknownOutcome.</exception>
    public async Task<WriteResult> PutAsync(PutRequest request, PipeReader body, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(body);
        var settings = request.Bucket.Settings();
        using var session = node.Store.OpenWrite(request.Name, request.Bucket.Id, settings.ChecksumType.Name());
        using var extra = ClientChecksum.Start(request.ChecksumType, settings.ChecksumType.Name());
        await ReceiveAsync(body, session, extra, cancellationToken);
        if (request.SizeBytes is { } sizeBytes && session.BytesWritten != sizeBytes)
        {
            throw new StoreException(ErrorCode.Invalid, $"{request.Name.Cname}: {session.BytesWritten} bytes arrived, {sizeBytes} were announced");
        }

        ClientChecksum.Verify(request, extra?.Value() ?? session.ChecksumValue);
        var staged = Staged(session, settings) with { MayStayUnchanged = request.Custom.Count == 0 && !request.SkipVersionCheck };
        var plan = new PutPlan(request.Name, request.Bucket.Id, request.Conditions, node.Keys, staged) { FollowsTheName = request.FollowsTheName };
        return await CommitAsync(session, request.Bucket, settings, plan, (record, action) => record with
        {
            Version = VersionText(action.Version),
            Custom = request.Custom,
        }, (action, left, cancel) => ForwardAsync(request, session, staged, action, left, cancel), cancellationToken);
    }

    private async Task<ForwardAnswer> ForwardAsync(
        PutRequest request, WriteSession session, StagedObject staged, PlanAction action, TimeSpan left, CancellationToken cancellationToken)
    {
        await using var body = new WorkFileStream(session);
        var put = new ForwardedPut(
            request.Name, request.Bucket.Id, request.RequestId, action.Epoch, node.View.Current.AppliedIndex, session.BytesWritten, session.ChecksumType, session.ChecksumValue)
        {
            Conditions = request.Conditions,
            Custom = request.Custom,
            MayStayUnchanged = staged.MayStayUnchanged,
        };
        return await node.Neighbors.ForwardAsync(action.Node, put, body, left, cancellationToken);
    }

    /// <summary>Changes user metadata: the content is written again under a new key, so that metadata takes part in the order of writes like content does.</summary>
    /// <param name="name">The object.</param>
    /// <param name="bucket">Its bucket.</param>
    /// <param name="change">Old metadata to new; may refuse by exception.</param>
    /// <param name="cancellationToken">The client went away.</param>
    /// <exception cref="StoreException">ObjectNotFound when proven, Conflict when the object keeps changing meanwhile, else as for a put.</exception>
    public async Task<WriteResult> SetCustomAsync(
        ObjectName name,
        BucketEntry bucket,
        Func<IReadOnlyList<KeyValuePair<string, string>>, IReadOnlyList<KeyValuePair<string, string>>> change,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(bucket);
        ArgumentNullException.ThrowIfNull(change);
        var settings = bucket.Settings();
        for (var attempt = 1; ; attempt++)
        {
            var found = await new ObjectReader(node).ReadAsync(name, bucket, withContent: true, Conditions.None, cancellationToken);
            using var source = found.Content;
            await using var remote = found.Remote;
            if (found.Record is not { } old)
            {
                return new WriteResult(null, found.Owner);
            }

            var custom = change(old.Custom);
            using var session = node.Store.OpenWrite(name, bucket.Id, settings.ChecksumType.Name());
            using var extra = ClientChecksum.Start(old.ChecksumType, session.ChecksumType);
            await CopyAsync(source, remote, session, extra, cancellationToken);
            RequireWhole(old, extra?.Value() ?? session.ChecksumValue);
            var plan = new PutPlan(name, bucket.Id, Conditions.None, node.Keys, Staged(session, settings) with { MayStayUnchanged = false }) { BaseKey = old.Key };
            try
            {
                return await CommitAsync(session, bucket, settings, plan, (record, _) => record with { Version = old.Version, Custom = custom }, null, cancellationToken);
            }
            catch (StoreException error) when (error.Error.Code == ErrorCode.Conflict && attempt < 5)
            {
                // Somebody wrote the object between the copy and the lock: copy again.
            }
        }
    }

    private static StagedObject Staged(WriteSession session, BucketSettings settings) =>
        new(session.BytesWritten, session.ChecksumType == "none" ? string.Empty : session.ChecksumType, session.ChecksumValue, settings.Durability)
        {
            IsVersioned = settings.VersioningEnabled,
        };

    /// <summary>A new checksum over rotten bytes would make them look whole for ever.</summary>
    private static void RequireWhole(ObjectRecord old, string computed)
    {
        if (old.ChecksumType != "none" && old.ChecksumValue.Length > 0 && old.ChecksumValue != computed)
        {
            throw new StoreException(
                ErrorCode.Corrupt, $"{old.Uname} is damaged: its content has {old.ChecksumType} {computed} instead of {old.ChecksumValue}; write it again, or delete it");
        }
    }

    private static async Task CopyAsync(
        Starling.Storage.Objects.ObjectReader? local, RemoteContent? remote, WriteSession session, ClientChecksum? extra, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            long at = 0;
            while (true)
            {
                var count = local is not null
                    ? await local.ReadAsync(buffer, at, cancellationToken)
                    : await remote!.Bytes.Content.ReadAtLeastAsync(buffer, PieceBytes, throwOnEndOfStream: false, cancellationToken);
                if (count == 0)
                {
                    return;
                }

                extra?.Append(buffer.AsSpan(0, count));
                await session.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
                at += count;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task<WriteResult> CommitAsync(
        WriteSession session,
        BucketEntry bucket,
        BucketSettings settings,
        PutPlan plan,
        Func<ObjectRecord, PlanAction, ObjectRecord> complete,
        Func<PlanAction, TimeSpan, CancellationToken, Task<ForwardAnswer>>? forward,
        CancellationToken cancellationToken)
    {
        ObjectRecord? current = null;
        ObjectRecord? stored = null;
        var run = new PlanRun(node, session.Name, bucket.Id, plan)
        {
            Look = all =>
            {
                var found = all ? node.Store.LookupAll(session.Name, bucket.Id) : node.Store.Lookup(session.Name, bucket.Id);
                current = found.Record;
                return found;
            },
            Commit = async action =>
            {
                stored = complete(session.NewRecord(action.Key, node.Clock.WallNs), action) with { Durability = settings.Durability };
                await node.Store.CommitAsync(session, stored, settings.Durability, CancellationToken.None);
            },
            Forward = forward,
        };
        var end = await run.RunAsync(cancellationToken);
        return end.Kind == PlanActionKind.Answer && run.Forwarded is { } forwarded ? new WriteResult(forwarded, default) : Result(end, stored, current);
    }

    private static WriteResult Result(in PlanAction end, ObjectRecord? stored, ObjectRecord? current) => end.Kind switch
    {
        PlanActionKind.Redirect => new WriteResult(null, end.Node),
        PlanActionKind.Refuse => throw new StoreException(end.Error!),
        _ => new WriteResult(end.IsUnchanged ? current : stored, default),
    };

    private static string VersionText(long version) => version > 0 ? version.ToString(CultureInfo.InvariantCulture) : string.Empty;

    private static async Task ReceiveAsync(PipeReader body, WriteSession session, ClientChecksum? extra, CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await body.ReadAtLeastAsync(PieceBytes, cancellationToken);
            if (!result.Buffer.IsEmpty)
            {
                if (extra is not null)
                {
                    foreach (var segment in result.Buffer)
                    {
                        extra.Append(segment.Span);
                    }
                }

                await session.WriteAsync(result.Buffer, cancellationToken);
            }

            body.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                return;
            }
        }
    }
}
