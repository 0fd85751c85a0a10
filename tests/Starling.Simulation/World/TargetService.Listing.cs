using System.Collections.Immutable;
using System.Text;
using Starling.Core.Names;
using Starling.Protocol.Objects;
using Starling.Protocol.State;

namespace Starling.Simulation.World;

/// <summary>A target's part of a listing: a walk that takes its time, without any lock, between two looks at the view.</summary>
public sealed partial class TargetService
{
    private const long ListDeadlineNs = 1_500 * SimWorld.Millisecond;
    private const int NamesPerStep = 4;

    /// <summary>Time of a step of a walk, nanoseconds: a script makes walks slow.</summary>
    public long SlowWalkNs { get; set; } = SimWorld.Millisecond;

    public void ArriveList(BucketName bucket, ulong bucketId, ListQuestion question, Action<ListAnswer> reply) =>
        Catch(question, world.NowNs + ListDeadlineNs, () =>
        {
            var view = TakeView();
            if (NeighborRules.RefuseListing(view, question) is { } refusal)
            {
                reply(refusal);
                return;
            }

            var names = Store.Slots.Where(s => s.Name.Bucket == bucket && After(s.Name.Name, question.After)
                    && (view.State.Newest.OwnerOf(s.Name.Digest) != node.Id) == question.IsForeign)
                .Select(s => s.Name).OrderBy(n => n.Name, Comparer<string>.Create(Compare)).ToArray();
            Walk(names, 0, [], view.State, bucketId, question, reply);
        });

    private void Catch(ListQuestion question, long deadlineNs, Action then)
    {
        var view = TakeView();
        if (world.NowNs < deadlineNs && (view.AppliedIndex < question.AppliedIndex || NeighborRules.MustCatchUp(view, question.Epoch)))
        {
            world.ScheduleLocal(node, 20 * SimWorld.Millisecond, () => Catch(question, deadlineNs, then));
            return;
        }

        then();
    }

    private void Walk(ObjectName[] names, int at, ImmutableArray<ListedRecord> found, ClusterState state, ulong bucketId, ListQuestion question, Action<ListAnswer> reply)
    {
        var step = names.Skip(at).Take(NamesPerStep)
            .Select(n => (n.Name, Head: Store.Find(n.Uname)?.Current?.LiveHead(state)))
            .Where(r => r.Head is not null && r.Head.Key.BucketId == bucketId)
            .Select(r => new ListedRecord(r.Name, r.Head!));
        found = [.. found, .. step];
        at += NamesPerStep;
        if (at < names.Length && found.Length < question.Limit)
        {
            world.ScheduleLocal(node, SlowWalkNs, () => Walk(names, at, found, state, bucketId, question, reply));
            return;
        }

        reply(NeighborRules.RefuseListing(TakeView(), question)
            ?? new ListAnswer(ListAnswerKind.Records, found.Length > question.Limit ? found[..question.Limit] : found, at < names.Length || found.Length > question.Limit));
    }

    private static bool After(string name, string after) => Compare(name, after) > 0;

    private static int Compare(string? left, string? right) => Encoding.UTF8.GetBytes(left!).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(right!));
}
