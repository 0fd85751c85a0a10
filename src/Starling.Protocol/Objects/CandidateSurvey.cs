using System.Collections.Immutable;
using Starling.Core.Names;
using Starling.Protocol.Ownership;
using Starling.Protocol.State;

namespace Starling.Protocol.Objects;

/// <summary>Where the questions to the candidates stand.</summary>
internal enum SurveyStatus
{
    /// <summary>An answer that matters is still to come.</summary>
    Waiting,

    /// <summary>All answers that matter are in.</summary>
    Settled,

    /// <summary>One that matters cannot say: the outcome is unknown, never "not found".</summary>
    Unknown,
}

/// <summary>The answers of the candidates of one name, judged by the state of the first look (rules B6, B7).</summary>
internal sealed class CandidateSurvey
{
    private readonly ClusterState state;
    private readonly NodeId self;
    private readonly ulong nameDigest;
    private readonly ulong bucketId;
    private readonly LookResult?[] results;

    public CandidateSurvey(in ObjectView view, ObjectName name, ulong bucketId, RecordHead? local)
    {
        state = view.State;
        self = view.Self;
        nameDigest = name.Digest;
        this.bucketId = bucketId;
        Local = local;
        Best = local;
        BestAt = self;
        Asked = Candidates.Of(state, self, nameDigest, EpochOf(local));
        results = new LookResult?[Asked.Length];
    }

    /// <summary>The state of the first look.</summary>
    public ClusterState State => state;

    /// <summary>The local record at the first look.</summary>
    public RecordHead? Local { get; }

    /// <summary>The greatest record known so far.</summary>
    public RecordHead? Best { get; private set; }

    /// <summary>The greatest record that a candidate answered with and that is greater than <see cref="Local"/>; the local one is looked at again under the lock.</summary>
    public RecordHead? Remote => BestAt == self ? null : Best;

    /// <summary>Who has <see cref="Best"/>.</summary>
    public NodeId BestAt { get; private set; }

    /// <summary>Whom to ask, newest ownership first.</summary>
    public ImmutableArray<NodeId> Asked { get; }

    public void Take(in PlanEvent answer)
    {
        var index = Asked.IndexOf(answer.Candidate);
        if (index < 0 || results[index] is not null)
        {
            return;
        }

        results[index] = answer.Result;
        if (answer.Record is { } record && record.Key.BucketId == bucketId && (Best is null || record.Key > Best.Key))
        {
            Best = record;
            BestAt = answer.Candidate;
        }
    }

    public SurveyStatus Status()
    {
        var status = SurveyStatus.Settled;
        foreach (var needed in Candidates.Of(state, self, nameDigest, EpochOf(Best)))
        {
            switch (results[Asked.IndexOf(needed)])
            {
                case null:
                    return SurveyStatus.Waiting;
                case LookResult.Unknown or LookResult.Stale:
                    status = SurveyStatus.Unknown;
                    break;
                default:
                    break;
            }
        }

        return status;
    }

    /// <summary>The candidates that matter and cannot say.</summary>
    public string Silent()
    {
        var silent = Candidates.Of(state, self, nameDigest, EpochOf(Best)).Where(id => results[Asked.IndexOf(id)] is LookResult.Unknown or LookResult.Stale);
        return string.Join(", ", silent);
    }

    private static long EpochOf(RecordHead? record) => record?.Key.Epoch ?? Candidates.NoRecord;
}
