using System.Collections.Immutable;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Objects;

namespace Starling.Protocol.Rebalance;

/// <content>What is done with the records of one page.</content>
public sealed partial class DrainPass
{
    private void TakePage(PassInput.Page page)
    {
        if (Lane(page.Mountpath) is not { IsReading: true } lane)
        {
            return;
        }

        lane.IsReading = false;
        lane.NextCursor = page.Cursor;
        lane.IsAtEnd = page.IsEnd;
        visited += page.Records.Length;
        foreach (var unreadable in page.Unreadable)
        {
            // What this target keeps need not be handed over, whatever is wrong with it: whoever reads it is told.
            if (view.State.Newest.OwnerOf(unreadable.Name.Digest) is var owner && owner != view.Self)
            {
                Owe(lane);
                Fail(unreadable.Name.Cname, unreadable.Error);
            }
        }

        if (stage == PassStage.Walking)
        {
            foreach (var walked in page.Records)
            {
                // Judged by the epoch adopted now; the plan judges again under the lock.
                var owner = view.State.Newest.OwnerOf(walked.Name.Digest);
                if (owner != view.Self && !IsAvoided(lane, walked.Name, owner))
                {
                    lane.ToHandOff.Enqueue(walked.Name);
                }
            }
        }
        else
        {
            AskAbout(lane, page.Records);
        }
    }

    private void TakePageFailed(PassInput.PageFailed failed)
    {
        if (Lane(failed.Mountpath) is { IsReading: true } lane)
        {
            lane.IsReading = false;
            lane.IsFailed = true;
            Owe(lane);
            Fail(failed.Mountpath, failed.Error);
        }
    }

    /// <summary>Durably, once saved: this mountpath is not done with.</summary>
    private void Owe(PassLane lane)
    {
        if (stage == PassStage.Walking)
        {
            SetProgress(lane, progress.Mountpaths[lane.Mountpath] with { MustWalkAgain = true }, mustSave: false);
        }
    }

    private void TakeHandOff(PassInput.HandOffEnded ended)
    {
        if (Lane(ended.Mountpath) is not { Running: > 0 } lane)
        {
            return;
        }

        lane.Running--;
        running--;
        var end = ended.End;
        if (end.Outcome == TransferOutcome.HandedOff)
        {
            handedOff++;
            handedOffBytes += end.Record?.SizeBytes ?? 0;
            sent += end.HasTravelled ? 1 : 0;
            sentBytes += end.HasTravelled ? end.Record?.SizeBytes ?? 0 : 0;
            lane.PagesSinceSave = PagesPerSave;
        }
        else if (end.Outcome is not (TransferOutcome.Gone or TransferOutcome.Owned))
        {
            Owe(lane);
            Fail(ended.Name.Cname, end.Error ?? PlanChecks.Unavailable($"{ended.Name.Cname}: the hand-over ended as {end.Outcome}"), end.Node);
            if (end.Error is { Code: ErrorCode.OutOfSpace or ErrorCode.Unreachable } && !end.Node.IsNone)
            {
                Avoid(end.Node, end.Error);
            }
        }
    }

    // A million names need not learn one by one that their receiver is full.
    private void Avoid(NodeId receiver, StoreError error)
    {
        avoided.TryAdd(receiver, error);
        foreach (var lane in lanes)
        {
            for (var left = lane.ToHandOff.Count; left > 0; left--)
            {
                var name = lane.ToHandOff.Dequeue();
                if (!IsAvoided(lane, name, view.State.Newest.OwnerOf(name.Digest)))
                {
                    lane.ToHandOff.Enqueue(name);
                }
            }
        }
    }

    private bool IsAvoided(PassLane lane, ObjectName name, NodeId owner)
    {
        if (!avoided.TryGetValue(owner, out var error))
        {
            return false;
        }

        Owe(lane);
        Fail(name.Cname, error, owner);
        return true;
    }

    private void AskAbout(PassLane lane, ImmutableArray<WalkedRecord> leftovers)
    {
        var byOwner = new SortedDictionary<NodeId, List<WalkedRecord>>();
        foreach (var item in leftovers)
        {
            if (item.Record.HandOver is not { IsVerified: false } handOver)
            {
                continue;
            }

            var owner = view.State.Newest.OwnerOf(item.Name.Digest);
            if (owner == view.Self || LossWatch.IsLost(view.State, handOver))
            {
                Revive(lane, item, null);
            }
            else if (owner.IsNone)
            {
                Fail(item.Name.Cname, PlanChecks.Unavailable($"{item.Name.Cname}: no storage target is in that could be asked for it"));
            }
            else if (byOwner.TryGetValue(owner, out var list))
            {
                list.Add(item);
            }
            else
            {
                byOwner[owner] = [item];
            }
        }

        foreach (var (owner, items) in byOwner)
        {
            batches[++lastBatch] = (lane, owner, [.. items]);
            lane.OpenBatches++;
            effects.Add(new PassEffect.AskBatch(lastBatch, owner, view.Epoch, view.AppliedIndex, [.. items.Select(item => VerifyItem.Of(item.Name, item.Record.Head))]));
        }
    }

    private void TakeBatch(PassInput.BatchAnswered answered)
    {
        if (!batches.Remove(answered.Batch, out var batch))
        {
            return;
        }

        var (lane, owner, items) = batch;
        lane.OpenBatches--;
        if (answered.Error is not null || answered.Answers.Length != items.Length)
        {
            Fail(owner.ToString(), answered.Error ?? PlanChecks.Unavailable($"target {owner} answered for {answered.Answers.Length} of {items.Length} leftovers"), owner);
            return;
        }

        if (!progress.Receivers.Contains(owner) && answered.Answers.Any(a => a.Verdict is VerifyVerdict.Held or VerifyVerdict.Obsolete))
        {
            progress = progress with { Receivers = [.. progress.Receivers.Add(owner).Order()] };
            MustSave();
        }

        for (var i = 0; i < items.Length; i++)
        {
            var answer = answered.Answers[i];
            switch (answer.Verdict)
            {
                case VerifyVerdict.Missing:
                    Revive(lane, items[i], answer);
                    break;
                case VerifyVerdict.Held or VerifyVerdict.Obsolete:
                    lane.ToMark.Enqueue(new PendingMark(items[i], answer, version));
                    break;
                default:
                    Fail(items[i].Name.Cname, answer.Error ?? PlanChecks.Unavailable($"{items[i].Name.Cname}: target {owner} cannot say whether it holds it"), owner);
                    break;
            }
        }
    }

    // A record that comes to life behind the cursor must be walked to: the promise that the mountpath was walked is taken back first, durably.
    private void Revive(PassLane lane, WalkedRecord item, VerifyAnswer? answer)
    {
        if (progress.Mountpaths[lane.Mountpath] != MountpathProgress.None)
        {
            SetProgress(lane, MountpathProgress.None, mustSave: true);
        }

        lane.ToMark.Enqueue(new PendingMark(item, answer, version));
    }

    private void TakeMark(PassInput.MarkEnded ended)
    {
        if (Lane(ended.Mountpath) is not { Running: > 0 } lane)
        {
            return;
        }

        lane.Running--;
        running--;
        switch (ended.End.Outcome)
        {
            case TransferOutcome.Verified:
                verified++;
                break;
            case TransferOutcome.Revived:
                revived++;
                break;
            case TransferOutcome.Changed or TransferOutcome.AskAgain:
                isRoundDirty = true;
                break;
            default:
                Fail(ended.Name.Cname, ended.End.Error ?? PlanChecks.Unavailable($"{ended.Name.Cname}: the verification ended as {ended.End.Outcome}"));
                break;
        }
    }

    // As many as may run, the mountpaths in turn.
    private void Dispatch()
    {
        for (var idle = 0; idle < lanes.Length && running < maxInFlight; nextLane++)
        {
            idle = DispatchOne(lanes[nextLane % lanes.Length]) ? 0 : idle + 1;
        }

        nextLane %= Math.Max(1, lanes.Length);
    }

    private bool DispatchOne(PassLane lane)
    {
        if (stage == PassStage.Walking && lane.ToHandOff.TryDequeue(out var name))
        {
            effects.Add(new PassEffect.HandOff(lane.Mountpath, name));
        }
        else if (stage == PassStage.Verifying && lane.ToMark.TryPeek(out var mark) && mark.NeededVersion <= savedVersion)
        {
            lane.ToMark.Dequeue();
            effects.Add(new PassEffect.Mark(lane.Mountpath, mark.Item.Name, mark.Item.Record, mark.Answer));
        }
        else
        {
            return false;
        }

        lane.Running++;
        running++;
        return true;
    }
}
