using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Identity;
using Starling.Protocol.Objects;
using Starling.Protocol.Rebalance;
using Starling.Protocol.State;
using Starling.Protocol.State.Operations;
using Starling.Tests.Protocol.State;
using Xunit;

namespace Starling.Tests.Protocol.Rebalance;

/// <summary>Drives a transfer plan by hand: one event in, the expected action out.</summary>
internal sealed class TransferScript(ITransferPlan plan, ClusterState state, int self)
{
    /// <summary>Names of the bucket "demo" move at epoch 2 from target 1, which drains, to targets 2 and 3.</summary>
    public static ClusterState Moved { get; } = Fold.Serving(3).Move((1, AdminState.Draining));

    /// <summary>A name that target 1 owned at epoch 1 and target 2 owns at epoch 2.</summary>
    public static ObjectName Name { get; } = Fold.NameOwnedBy(Moved, (1, 1), (2, 2));

    public TransferAction Last { get; private set; }

    public ClusterState State { get; set; } = state;

    public SessionId Session { get; set; } = state.Node(Fold.Target(self))!.Session;

    public ObjectView View => new(State, Fold.Target(self), Session, IsLeaseValid: false);

    public static LocalRecord Leftover(RecordHead head, long epoch = 2, int receiver = 2, bool verified = false) => new(head, new HandOver(epoch, Fold.Target(receiver), verified));

    public static ClusterState Lose(ClusterState state, int target, long epoch) => state with
    {
        AppliedIndex = state.AppliedIndex + 1,
        Losses = state.Losses.SetItem(Fold.Target(target), new DeclaredLoss(Fold.Target(target), state.AppliedIndex + 1, epoch, [], "test")),
    };

    public TransferScript Expect(TransferEvent happened, TransferActionKind expected)
    {
        Last = plan.Next(happened);
        Assert.True(Last.Kind == expected, $"after {happened.Kind}: {Last.Kind} {Last.Outcome} ({Last.Error}) instead of {expected}");
        return this;
    }

    public TransferScript Start(TransferActionKind expected) => Expect(TransferEvent.Started(View), expected);

    public TransferScript Looked(LocalRecord? record, TransferActionKind expected) => Expect(TransferEvent.Looked(View, record), expected);

    public TransferScript Locked(LocalRecord? record, TransferActionKind expected) => Expect(TransferEvent.Locked(View, record), expected);

    public TransferScript Answered(PushAnswer answer, TransferActionKind expected) => Expect(TransferEvent.Answered(View, answer), expected);

    public TransferScript Received(TransferActionKind expected) => Expect(TransferEvent.Received(View), expected);

    public TransferScript Hashed(bool match, TransferActionKind expected) => Expect(TransferEvent.Hashed(View, match), expected);

    public TransferScript Stored(TransferActionKind expected) => Expect(TransferEvent.Stored(View), expected);

    public TransferScript Changed(TransferActionKind expected) => Expect(TransferEvent.ViewChanged(View), expected);

    public TransferScript Deadline(TransferActionKind expected) => Expect(TransferEvent.DeadlinePassed(View), expected);

    public TransferScript Ends(TransferOutcome outcome)
    {
        Assert.Equal(TransferActionKind.Done, Last.Kind);
        Assert.Equal(outcome, Last.Outcome);
        return this;
    }

    public TransferScript Failed(ErrorCode code)
    {
        Ends(TransferOutcome.Failed);
        Assert.Equal(code, Last.Error?.Code);
        return this;
    }

    public TransferScript Says(PushAnswerKind kind)
    {
        Ends(TransferOutcome.PushAnswered);
        Assert.Equal(kind, Last.Answer!.Kind);
        return this;
    }
}
