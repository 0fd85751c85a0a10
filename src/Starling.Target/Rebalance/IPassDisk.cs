using System.Collections.Immutable;
using Starling.Core.Errors;
using Starling.Protocol.Rebalance;

namespace Starling.Target.Rebalance;

/// <summary>What a pass needs of this target's disks, mountpath by mountpath.</summary>
public interface IPassDisk
{
    /// <summary>Ids of the mountpaths that are here, sorted.</summary>
    ImmutableArray<string> Mountpaths { get; }

    /// <summary>Reads one page of a walk. What cannot be read becomes <see cref="PassInput.PageFailed"/>, or is listed as unreadable.</summary>
    Task<PassInput> ReadPageAsync(PassEffect.ReadPage read, CancellationToken cancellationToken);

    /// <summary>Flushes the whole filesystem of a mountpath; why that failed, or null.</summary>
    Task<StoreError?> FlushAsync(string mountpath, CancellationToken cancellationToken);

    /// <summary>The newest progress that was saved; null when there is none, or none that can be read: then the walk begins anew.</summary>
    Task<PassProgress?> LoadAsync(CancellationToken cancellationToken);

    /// <summary>Writes and flushes the progress, in place of the one before; why that failed, or null.</summary>
    Task<StoreError?> SaveAsync(PassProgress progress, CancellationToken cancellationToken);
}
