using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Rebalance;

namespace Starling.Target.Neighbors;

/// <summary>A target that reaches nobody: every answer is unknown or refused, nothing is wrongly called absent. For tests, and before there is a network.</summary>
public sealed class NoNeighbors : INeighbors
{
    /// <inheritdoc/>
    public Task<NeighborLook> LookAsync(NodeId candidate, LookQuestion question, TimeSpan within, CancellationToken cancellationToken) =>
        Task.FromResult(NeighborLook.Unknown(Unreachable(candidate)));

    /// <inheritdoc/>
    public Task<NeighborOpen> OpenAsync(NodeId holder, ContentQuestion question, TimeSpan within, CancellationToken cancellationToken) =>
        Task.FromResult(new NeighborOpen(null, Unreachable(holder)));

    /// <inheritdoc/>
    public Task<PushAnswer> PushAsync(NodeId receiver, PushRequest offer, TimeSpan within, CancellationToken cancellationToken) =>
        Task.FromResult(new PushAnswer(PushAnswerKind.Refused, 0, 0) { Error = Unreachable(receiver) });

    /// <inheritdoc/>
    public Task<VerifyReply> VerifyAsync(NodeId owner, VerifyQuestion question, TimeSpan within, CancellationToken cancellationToken) =>
        Task.FromResult(new VerifyReply([], Unreachable(owner)));

    /// <inheritdoc/>
    public Task<ForwardAnswer> ForwardAsync(NodeId owner, ForwardedPut put, Stream body, TimeSpan within, CancellationToken cancellationToken) =>
        Task.FromResult(new ForwardAnswer(null, Unreachable(owner)));

    private static StoreError Unreachable(NodeId node) => new(ErrorCode.Unreachable, $"t[{node}] cannot be reached: this process has no data network", 1000);
}
