using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Rebalance;
using Starling.Storage.Objects;

namespace Starling.Target.Rebalance;

/// <summary>What a transfer needs besides the disks: the way to the other side. Plans that only look or mark need none of it.</summary>
public sealed record TransferPort
{
    /// <summary>No other side.</summary>
    public static TransferPort None { get; } = new();

    /// <summary>Sender: offers a record and answers what the receiver said; silence is an answer that refuses with <see cref="ErrorCode.Unreachable"/>.</summary>
    public Func<NodeId, PushRequest, TimeSpan, CancellationToken, Task<PushAnswer>>? Push { get; init; }

    /// <summary>Receiver: who offers it.</summary>
    public NodeId From { get; init; }

    /// <summary>Receiver: the offered record with all its attributes.</summary>
    public ObjectRecord? Pushed { get; init; }

    /// <summary>Receiver: lets the bytes come and writes them to the session; null when all were written, else why they did not come.</summary>
    public Func<WriteSession, CancellationToken, Task<StoreError?>>? CopyBytes { get; init; }
}
