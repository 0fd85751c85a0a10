using Starling.Core.Errors;
using Starling.Storage.Objects;

namespace Starling.Target.Neighbors;

/// <summary>What lies behind an offer, on the receiving side: the attributes came with it, the bytes come when they are asked for (rule B8).</summary>
public interface IPushedContent
{
    /// <summary>The offered record with all its attributes.</summary>
    ObjectRecord Record { get; }

    /// <summary>
    /// Lets the bytes come and writes them to the session. Whether they are the right ones is said by
    /// <see cref="ObjectStore.CommitReceivedAsync"/>, and by size and checksum of the session before it.
    /// </summary>
    /// <param name="session">Where to; opened by <see cref="ObjectStore.OpenReceive"/>.</param>
    /// <param name="cancellationToken">The receive is given up.</param>
    /// <returns>Null when all bytes were written; else why they did not come.</returns>
    /// <exception cref="StoreException">The session's disk refused.</exception>
    Task<StoreError?> CopyToAsync(WriteSession session, CancellationToken cancellationToken);
}
