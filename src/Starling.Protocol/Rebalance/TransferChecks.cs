using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Objects;

namespace Starling.Protocol.Rebalance;

/// <summary>Checks that the plans of transfers share.</summary>
internal static class TransferChecks
{
    /// <summary>What a target must wait for before it takes part at all, or answers for somebody who has seen more (rules B2, B3); null: nothing.</summary>
    /// <param name="view">The view.</param>
    /// <param name="epoch">Epoch of the other side; 0 when there is none.</param>
    /// <param name="appliedIndex">Applied index of the other side; 0 when there is none.</param>
    public static StoreError? IsBehind(in ObjectView view, long epoch = 0, long appliedIndex = 0)
    {
        if (!view.IsCommittedSession)
        {
            return PlanChecks.Unavailable($"target {view.Self} is starting: its session is not committed yet");
        }

        return view.Epoch < epoch || view.AppliedIndex < appliedIndex
            ? PlanChecks.Unavailable($"target {view.Self} is behind: at index {view.AppliedIndex}, epoch {view.Epoch}; asked at index {appliedIndex}, epoch {epoch}")
            : null;
    }

    /// <summary>Equal keys must mean equal content (rule B1).</summary>
    public static bool IsSameContent(RecordHead record, long sizeBytes, string checksumType, string checksumValue) =>
        record.SizeBytes == sizeBytes && record.ChecksumType == checksumType && record.ChecksumValue == checksumValue;

    /// <summary>The alarm of rule B1: two records of one key that differ.</summary>
    public static StoreError IntegrityAlarm(ObjectName name, NodeId here, NodeId there) =>
        new(ErrorCode.Corrupt, $"{name.Cname}: integrity alarm: {here} and {there} hold different content under the same key; neither was changed, compare the copies by hand");

    public static StoreError Unexpected(in TransferEvent happened) => new(ErrorCode.Internal, $"the plan did not ask for {happened.Kind}");

    public static StoreError TimedOut(ObjectName name, string what) => new(ErrorCode.Unreachable, $"{name.Cname}: {what} before the deadline", PlanChecks.RetryAfterMs);
}
