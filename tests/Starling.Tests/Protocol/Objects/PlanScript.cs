using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Protocol.Objects;
using Starling.Protocol.State;
using Starling.Tests.Protocol.State;
using Xunit;

namespace Starling.Tests.Protocol.Objects;

/// <summary>Drives a plan by hand: one event in, the expected action out.</summary>
internal sealed class PlanScript(IPlan plan, ClusterState state, NodeId self)
{
    public PlanAction Last { get; private set; }

    public ClusterState State { get; set; } = state;

    public bool Lease { get; set; } = true;

    public ObjectView View => new(State, self, State.Node(self)!.Session, Lease);

    public PlanScript Expect(PlanEvent happened, PlanActionKind expected)
    {
        Last = plan.Next(happened);
        Assert.True(Last.Kind == expected, $"after {happened.Kind}: {Last.Kind} ({Last.Error}) instead of {expected}");
        return this;
    }

    public PlanScript Start(PlanActionKind expected) => Expect(PlanEvent.Started(View), expected);

    public PlanScript Looked(RecordHead? record, PlanActionKind expected) => Expect(PlanEvent.Looked(View, record), expected);

    public PlanScript Locked(RecordHead? record, PlanActionKind expected) => Expect(PlanEvent.Locked(View, record), expected);

    public PlanScript Answered(int target, LookResult result, PlanActionKind expected, RecordHead? record = null) =>
        Expect(PlanEvent.Answered(View, Fold.Target(target), result, record), expected);

    public PlanScript Committed(PlanActionKind expected) => Expect(PlanEvent.Committed(View), expected);

    public PlanScript Changed(PlanActionKind expected) => Expect(PlanEvent.ViewChanged(View), expected);

    public PlanScript Deadline(PlanActionKind expected) => Expect(PlanEvent.DeadlinePassed(View), expected);

    public PlanScript Refused(ErrorCode code)
    {
        Assert.Equal(PlanActionKind.Refuse, Last.Kind);
        Assert.Equal(code, Last.Error?.Code);
        return this;
    }

    public static RecordHead Record(long epoch = 1, long sequence = 1, ulong bucketId = 1, string checksum = "aa") =>
        new(new RecordKey(bucketId, epoch, 9, sequence), IsTombstone: false, 3, "xxhash2", checksum, 4) { ETag = "tag-" + checksum };

    public static RecordHead Tombstone(long epoch = 1, long sequence = 1) =>
        new(new RecordKey(1, epoch, 9, sequence), IsTombstone: true, 0, string.Empty, string.Empty, 0);
}
