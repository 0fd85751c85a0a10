using Starling.Core.Errors;
using Starling.Core.Names;

namespace Starling.Protocol.Objects;

/// <summary>Checks that every plan makes of each view, and the texts of what it waits for.</summary>
internal static class PlanChecks
{
    /// <summary>How soon a client should try again, milliseconds.</summary>
    public const int RetryAfterMs = 1_000;

    /// <summary>What stands in the way of serving this name here at all; null when nothing does.</summary>
    public static PlanAction? Precheck(in ObjectView view, ObjectName name, ulong bucketId)
    {
        if (!view.IsCommittedSession)
        {
            return PlanAction.Wait(view, Unavailable($"target {view.Self} is starting: its session is not committed yet"));
        }

        if (view.State.FindBucket(name.Bucket)?.Id != bucketId)
        {
            return bucketId >= view.State.NextBucketId
                ? PlanAction.Wait(view, Unavailable($"bucket \"{name.Bucket.Cname}\" with id {bucketId} has not reached target {view.Self} yet"))
                : PlanAction.Refuse(new StoreError(ErrorCode.BucketNotFound, $"bucket \"{name.Bucket.Cname}\" does not exist"));
        }

        var owner = view.State.Newest.OwnerOf(name.Digest);
        if (owner.IsNone)
        {
            return PlanAction.Refuse(Unavailable("no storage targets are in"));
        }

        return owner == view.Self ? null : PlanAction.RedirectTo(owner, view);
    }

    /// <summary>The record, unless it belongs to a bucket of the same name that was destroyed.</summary>
    public static RecordHead? OfBucket(RecordHead? record, ulong bucketId) => record?.Key.BucketId == bucketId ? record : null;

    public static StoreError Unavailable(string message) => new(ErrorCode.Unavailable, message, RetryAfterMs);

    public static StoreError NoLease(in ObjectView view) => Unavailable($"target {view.Self} holds no lease: it waits for the leader to answer");

    public static StoreError LookFailed(ObjectName name, StoreError? error) => error ?? Unavailable($"{name.Cname}: it cannot be said whether it exists");

    public static StoreError MissingDisk(ObjectName name) => Unavailable($"{name.Cname}: it may lie on a mountpath that is missing");

    public static StoreError Silent(ObjectName name, CandidateSurvey survey) =>
        new(ErrorCode.Unreachable, $"{name.Cname}: {survey.Silent()} may hold it and cannot say", RetryAfterMs);

    /// <summary>A candidate has adopted a newer epoch: what to do is said by the newer view, which is here already or must be waited for.</summary>
    public static StoreError Overtaken(ObjectName name, in ObjectView view) => Unavailable($"{name.Cname}: target {view.Self} is behind its neighbours at epoch {view.Epoch}, index {view.AppliedIndex}");

    public static StoreError NotFound(ObjectName name) => new(ErrorCode.ObjectNotFound, $"object \"{name.Cname}\" does not exist");

    public static StoreError ConditionFailed(ObjectName name) => new(ErrorCode.PreconditionFailed, $"object \"{name.Cname}\": a condition of the request does not hold");

    public static StoreError Unexpected(in PlanEvent happened) => new(ErrorCode.Internal, $"the plan did not ask for {happened.Kind}");
}
