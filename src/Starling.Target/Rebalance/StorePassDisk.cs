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
                [.. page.Unreadable.Select(found => new UnreadableRecord(found.Name, found.Error))]);
        }
        catch (StoreException error)
        {
            return new PassInput.PageFailed(read.Mountpath, error.Error);
        }
    }

    /// <inheritdoc/>
    public async Task<long> CountAsync(string mountpath, string cursor, CancellationToken cancellationToken)
    {
        try
        {
            var walk = store.WalkMountpath(Of(mountpath), MountpathWalkKind.Live);
            return await Task.Run(() => walk.CountNames(cursor, cancellationToken), cancellationToken);
        }
        catch (StoreException)
        {
            // An estimate for people; the page that is read next meets the same and names it.
            return 0;
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
    public async Task<SavedPass> LoadAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (await Task.Run(file.Load, cancellationToken) is not { } document)
            {
                return default;
            }

            if (PassProgressCodec.Decode(document) is { } progress)
            {
                return new SavedPass(progress, IsLost: false);
            }

            LogLost("its content is not what this build writes", null);
        }
        catch (StoreException error)
        {
            LogLost(error.Error.Message, error);
        }

        return new SavedPass(null, IsLost: true);
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

    [LoggerMessage(Level = LogLevel.Warning, Message = "rebalance: the progress of the last pass (.starling/pass on the mountpaths) cannot be read and is written anew: {Why}. The walk begins anew, and no target that may have taken over something may be silent when it is asked whether this one is safe to power off; nothing is to be done by hand")]
    private partial void LogLost(string why, Exception? error);
}
