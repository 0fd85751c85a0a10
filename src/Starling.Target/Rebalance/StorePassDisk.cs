using System.Collections.Concurrent;
using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Starling.Core.Errors;
using Starling.Protocol.Rebalance;
using Starling.Storage.Mountpaths;
using Starling.Storage.Objects;
using Starling.Target.Objects;

namespace Starling.Target.Rebalance;

/// <summary>The disks of a target as its passes see them.</summary>
public sealed partial class StorePassDisk : IPassDisk
{
    private readonly ObjectStore store;
    private readonly PassFile file;
    private readonly ILogger log;
    private readonly ConcurrentDictionary<(string Mountpath, WalkKind Kind), MountpathWalk> walks = new();

    /// <summary>Makes it for a store.</summary>
    public StorePassDisk(ObjectStore store, ILogger<StorePassDisk> log)
    {
        ArgumentNullException.ThrowIfNull(store);
        this.store = store;
        this.log = log;
        file = new PassFile(store.Mountpaths);
        Mountpaths = [.. store.Mountpaths.All.Select(mountpath => mountpath.Id.ToString()).Order(StringComparer.Ordinal)];
    }

    /// <inheritdoc/>
    public ImmutableArray<string> Mountpaths { get; }

    /// <inheritdoc/>
    public async Task<PassInput> ReadPageAsync(PassEffect.ReadPage read, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(read);
        try
        {
            var walk = walks.GetOrAdd((read.Mountpath, read.Kind), one => store.WalkMountpath(
                Of(one.Mountpath), one.Kind == WalkKind.Live ? MountpathWalkKind.Live : MountpathWalkKind.UnverifiedLeftovers));
            var page = await Task.Run(() => walk.ReadPage(read.Cursor, read.Limit, cancellationToken), cancellationToken);
            if (page.IsEnd)
            {
                walks.TryRemove((read.Mountpath, read.Kind), out _);
            }

            return new PassInput.Page(
                read.Mountpath,
                [.. page.Records.Select(found => new WalkedRecord(found.Name, RecordHeads.LocalOf(LookupResult.Found(found.Record))!))],
                page.Cursor,
                page.IsEnd,
                [.. page.Unreadable.Select(found => new PassError(found.Name.Cname, found.Error))]);
        }
        catch (StoreException error)
        {
            return new PassInput.PageFailed(read.Mountpath, error.Error);
        }
    }

    /// <inheritdoc/>
    public async Task<StoreError?> FlushAsync(string mountpath, CancellationToken cancellationToken)
    {
        try
        {
            await store.FlushMountpathAsync(Of(mountpath), cancellationToken);
            return null;
        }
        catch (StoreException error)
        {
            return error.Error;
        }
    }

    /// <inheritdoc/>
    public async Task<PassProgress?> LoadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await Task.Run(file.Load, cancellationToken) is { } document ? PassProgressCodec.Decode(document) : null;
        }
        catch (StoreException error)
        {
            LogLost(error);
            return null;
        }
    }

    /// <inheritdoc/>
    public async Task<StoreError?> SaveAsync(PassProgress progress, CancellationToken cancellationToken)
    {
        var document = PassProgressCodec.Encode(progress);
        try
        {
            await Task.Run(() => file.Save(document), cancellationToken);
            return null;
        }
        catch (StoreException error)
        {
            return error.Error;
        }
    }

    private Mountpath Of(string id) => store.Mountpaths.All.First(mountpath => mountpath.Id.ToString() == id);

    [LoggerMessage(Level = LogLevel.Warning, Message = "rebalance: the progress of the last pass cannot be read, the walk begins anew")]
    private partial void LogLost(Exception error);
}
