using System.Collections.Immutable;
using Starling.Core.Errors;
using Starling.Protocol.Rebalance;

namespace Starling.Target.Rebalance;

/// <summary>What is left of the last pass.</summary>
/// <param name="Progress">Its progress; null: nothing that counts.</param>
/// <param name="IsLost">There is a progress and it cannot be read: a pass begins anew, and everybody who may have vouched before must be asked (rule A20).</param>
public readonly record struct SavedPass(PassProgress? Progress, bool IsLost);

/// <summary>What a pass needs of this target's disks, mountpath by mountpath.</summary>
public interface IPassDisk
{
    /// <summary>Ids of the mountpaths that are here, sorted.</summary>
    ImmutableArray<string> Mountpaths { get; }

    /// <summary>Reads one page of a walk. What cannot be read becomes <see cref="PassInput.PageFailed"/>, or is listed as unreadable.</summary>
    Task<PassInput> ReadPageAsync(PassEffect.ReadPage read, CancellationToken cancellationToken);

    /// <summary>About how many records of a mountpath the live walk shows from a cursor on; 0 when that cannot be said, and the page then says why.</summary>
    Task<long> CountAsync(string mountpath, string cursor, CancellationToken cancellationToken);

    /// <summary>Flushes the whole filesystem of a mountpath; why that failed, or null.</summary>
    Task<StoreError?> FlushAsync(string mountpath, CancellationToken cancellationToken);

    /// <summary>The newest progress that was saved.</summary>
    Task<SavedPass> LoadAsync(CancellationToken cancellationToken);

    /// <summary>Writes and flushes the progress, in place of the one before; why that failed, or null.</summary>
    Task<StoreError?> SaveAsync(PassProgress progress, CancellationToken cancellationToken);
}
