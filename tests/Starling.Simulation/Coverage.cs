namespace Starling.Simulation;

/// <summary>What must have happened at least once in a run of many seeds: a simulator that never does a thing proves nothing about it.</summary>
public enum Mark
{
    /// <summary>Nothing: lets a condition be a mark.</summary>
    None,

    // Faults
    FaultLoss,
    FaultDuplicate,
    FaultReorder,
    FaultCut,
    FaultOneWayCut,
    FaultPartialCut,
    FaultDataCut,
    FaultCrash,
    FaultPowerCycle,
    FaultTornTail,
    FaultWipedDisk,
    FaultDamagedLog,
    FaultPause,
    FaultClockJump,
    FaultDrift,
    FaultSlowFlush,
    FaultRestart,
    FaultOrderlyStop,
    FaultSlowCommit,
    FaultPowerAtWrite,
    NetworkLost,
    NetworkDuplicated,
    NetworkDelayed,
    NetworkCutOff,

    // Transitions
    BecameFollower,
    BecameCandidate,
    BecameLeader,
    BecameLearner,
    CaretakerLed,
    LeaderSteppedDown,
    LeadershipTransferred,
    VotersChanged,
    VoterAdded,
    VoterRemoved,
    ClusterFormed,
    ClusterInitialised,
    NodeJoined,
    TargetsActivated,
    SessionCommitted,
    LeaseGained,
    LeaseLost,
    SnapshotTaken,
    SnapshotInstalled,
    BucketCreated,
    BucketDestroyed,
    ConfigChanged,
    PropsChanged,
    Relayed,

    // Placement under change
    EpochCommitted,
    TargetLeft,
    TargetCameBack,
    WeightChanged,
    CleanAdvanced,
    BaseAdvanced,
    CandidateAsked,
    CandidateAnswered,
    CandidateSilent,
    NeighborTwice,
    CandidateAhead,
    HitFromNeighbor,
    ContentGone,
    Pushed,
    BytesReceived,
    BytesBroken,
    RecordReceived,
    TombstoneReceived,
    RecordFlushed,
    LeftoverMarked,
    LeftoverVerified,
    LeftoverRevived,
    LeftoverReclaimed,
    TombstoneForgotten,
    WriteLostByPower,
    PassBegan,
    PassResumed,
    PassBlocked,
    PassWaitedForWrites,
    PassReported,
    PassEnded,
    FenceWaited,

    // Operations
    OperationStarted,
    OperationRefused,
    OperationDone,
    OperationCancelled,
    OperationBlocked,
    MaintenanceDone,
    ShutdownDone,
    DecommissionDone,
    ReturnDone,
    JoinDone,
    RebalanceDone,
    RemoveDeadDone,
    StoppedByOrder,
    ErasedByPermit,
    DeclaredLost,
    LossTookNames,
    RemovedClean,
    Quarantined,
    SafetyAnsweredSafe,
    SafetyAnsweredUnsafe,
    SafetyAnsweredUnknown,
    DestroyedWhenSafe,

    // Client answers
    PutAcknowledged,
    GetFound,
    GetAbsent,
    GetStale,
    HeadFound,
    DeleteAcknowledged,
    CreateWon,
    CreateLost,
    MatchWon,
    MatchLost,
    AnswerUnavailable,
    AnswerUnknown,
    AnswerRetried,
    StaleEpochSeen,
    ReadIndexAnswered,
    ReadIndexRefused,
    ProposalRefused,

    // Checks
    CheckOneCluster,
    CheckLeaderPerTerm,
    CheckLeaderComplete,
    CheckCommittedOnMajority,
    CheckLogMatching,
    CheckStateHash,
    CheckFullState,
    CheckViewVersions,
    CheckProposalApplied,
    CheckReadIndexCurrent,
    CheckLeaseAnchor,
    CheckPassUnique,
    CheckPassOrder,
    CheckRecordSurvives,
    CheckCleanHoldsNothing,
    CheckReadIsNew,
    CheckForgotten,
    CheckEveryRecordInPlace,
    CheckOperationsEnd,
    CheckVoteOnce,
    CheckAppendDurable,
    CheckGrant,
    CheckElectionAfterHeal,
    CheckEverythingEnds,
    CheckLinearizable,
    CheckConverged,
}

/// <summary>How often each mark was hit.</summary>
public sealed class Coverage
{
    private readonly long[] _counts = new long[Enum.GetValues<Mark>().Length];

    public long this[Mark mark] => _counts[(int)mark];

    public void Hit(Mark mark, long times = 1) => _counts[(int)mark] += times;

    public void Add(Coverage other)
    {
        for (var i = 0; i < _counts.Length; i++)
        {
            _counts[i] += other._counts[i];
        }
    }

    public IEnumerable<Mark> Missing() => Enum.GetValues<Mark>().Where(m => m != Mark.None && this[m] == 0);
}
