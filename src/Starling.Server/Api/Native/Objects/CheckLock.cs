using Starling.Storage;

namespace Starling.Server.Api.Native.Objects;

/// <summary>Action <c>check-lock</c>: 200 unlocked, 202 locked by readers, 423 locked by a writer. The answer may be old when it arrives.</summary>
internal static class CheckLock
{
    public static async Task HandleAsync(ApiCall call, ActionMessage message)
    {
        var digest = call.Object().Digest;
        var locks = call.Services.Target!.Node.Locks;
        var status = await IsFreeAsync(cancel => locks.LockExclusiveAsync(digest, cancel)) ? 200
            : await IsFreeAsync(cancel => locks.LockSharedAsync(digest, cancel)) ? 202
            : 423;
        await call.EmptyAsync(status);
    }

    private static async Task<bool> IsFreeAsync(Func<CancellationToken, ValueTask<NameLocks.Held>> acquire)
    {
        using var cancel = new CancellationTokenSource();
        var pending = acquire(cancel.Token);
        if (!pending.IsCompleted)
        {
            await cancel.CancelAsync();
        }

        try
        {
            (await pending).Dispose();
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
