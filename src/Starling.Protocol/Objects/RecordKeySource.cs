using Starling.Core.Objects;

namespace Starling.Protocol.Objects;

/// <summary>Makes the keys of one process (rule B1). The sequence lives in memory: a new process has another boot index.</summary>
public sealed class RecordKeySource
{
    private long last;

    /// <summary>The next key; every call returns a greater one for the same bucket, epoch and boot. Thread-safe.</summary>
    public RecordKey Next(ulong bucketId, long epoch, long boot) => new(bucketId, epoch, boot, Interlocked.Increment(ref last));
}
