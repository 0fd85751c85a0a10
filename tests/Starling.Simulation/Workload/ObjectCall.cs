using System.Globalization;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Protocol.Objects;
using Starling.Simulation.Checks;
using Starling.Simulation.Store;
using Starling.Simulation.World;

namespace Starling.Simulation.Workload;

public enum ObjectCallKind
{
    Put,
    Create,
    Match,
    Get,
    Head,
    Delete,
}

/// <summary>
/// One object request of one client: asks a gateway, follows its redirect, tries again while it is certain that nothing was done, and ends with an answer
/// or with "unknown".
/// </summary>
public sealed class ObjectCall
{
    private readonly SimWorld _world;
    private readonly Action<ObjectCall> _done;
    private int _attempt;
    private bool _atTarget;
    private bool _isRemembered;

    public ObjectCall(SimWorld world, ObjectCallKind kind, ObjectName name, long value, long expected, long patienceNs, Action<ObjectCall> done)
    {
        _world = world;
        _done = done;
        Kind = kind;
        Name = name;
        Value = value;
        Expected = expected;
        ValueText = value.ToString(CultureInfo.InvariantCulture);
        Floor = world.Checks.FloorOf(name);
        CalledAtNs = world.NowNs;
        DeadlineNs = world.NowNs + patienceNs;
        Conditions = kind switch
        {
            ObjectCallKind.Create => Conditions.CreateIfAbsent,
            ObjectCallKind.Match => new Conditions([expected.ToString(CultureInfo.InvariantCulture)], []),
            _ => Conditions.None,
        };
    }

    public ObjectCallKind Kind { get; }

    public ObjectName Name { get; }

    /// <summary>What is written: unique in the world.</summary>
    public long Value { get; }

    public string ValueText { get; }

    public long Expected { get; }

    public Conditions Conditions { get; }

    public long CalledAtNs { get; }

    /// <summary>The greatest mutation of the name that was known when the call began.</summary>
    public RecordKey? Floor { get; }

    public long DeadlineNs { get; }

    public long AttemptDeadlineNs { get; private set; }

    public bool IsRead => Kind is ObjectCallKind.Get or ObjectCallKind.Head;

    public bool IsEnded { get; private set; }

    /// <summary>Null: done or found. Else the last error.</summary>
    public StoreError? Error { get; private set; }

    public StoredRecord? Found { get; private set; }

    public bool IsStale { get; private set; }

    /// <summary>The bucket that the last attempt was resolved to; 0 when none came so far.</summary>
    public ulong BucketId { get; private set; }

    /// <summary>Which gateways to ask; null: any.</summary>
    public SimNode? Only { get; init; }

    public void Start() => TryGateway();

    public void Resolved(int attempt, ulong bucketId)
    {
        if (attempt != _attempt)
        {
            return;
        }

        BucketId = bucketId;
        if (IsEnded)
        {
            // The client has given up, the target begins only now: it may be done yet.
            _world.Checks.Remember(this);
        }
    }

    /// <summary>A gateway names the owner; the client goes there.</summary>
    public void Redirected(int attempt, NodeId owner, long epoch, long appliedIndex)
    {
        if (attempt != _attempt || IsEnded)
        {
            return;
        }

        _world.Schedule(Hop(), () =>
        {
            if (attempt != _attempt || IsEnded)
            {
                return;
            }

            var target = _world.Nodes.Find(n => n.Id == owner && n.IsUp);
            if (target is null)
            {
                Again(new StoreError(ErrorCode.Unreachable, "connection refused"));
                return;
            }

            _atTarget = true;
            _world.ScheduleLocal(target, 0, () => target.Target!.Arrive(this, attempt, epoch, appliedIndex));
        });
    }

    /// <summary>A node answers, one way later.</summary>
    public void Answer(int attempt, StoreError? error, StoredRecord? found, bool stale, SimNode by)
    {
        var delay = Hop();
        _world.Schedule(delay, () =>
        {
            if (attempt != _attempt || IsEnded)
            {
                return;
            }

            IsStale = stale;
            Found = found;
            switch (error?.Code)
            {
                case null or ErrorCode.ObjectNotFound or ErrorCode.PreconditionFailed or ErrorCode.UnknownOutcome or ErrorCode.BucketNotFound or ErrorCode.Internal:
                    Finish(error);
                    break;
                default:
                    Again(error);
                    break;
            }
        });
    }

    /// <summary>The process that worked on it died: whether it was done is not known.</summary>
    public void ConnectionLost(int attempt)
    {
        if (attempt != _attempt || IsEnded)
        {
            return;
        }

        _world.Schedule(Hop(), () =>
        {
            if (attempt == _attempt && !IsEnded)
            {
                Finish(new StoreError(ErrorCode.UnknownOutcome, "connection reset"));
            }
        });
    }

    public override string ToString() => $"{Kind} {Name.Name} value {Value}";

    private void TryGateway()
    {
        _attempt++;
        _atTarget = false;
        AttemptDeadlineNs = _world.NowNs + (2 * SimWorld.Second);
        var attempt = _attempt;
        var gateway = Only ?? _world.PickGateway();
        _world.Schedule(Hop(), () =>
        {
            if (!gateway.IsUp)
            {
                Again(new StoreError(ErrorCode.Unreachable, "connection refused"));
                return;
            }

            _world.ScheduleLocal(gateway, 0, () => gateway.Gateway!.Route(this, attempt));
        });
        _world.Schedule(20 * SimWorld.Second, () =>
        {
            if (attempt != _attempt || IsEnded)
            {
                return;
            }

            if (_atTarget)
            {
                Finish(new StoreError(ErrorCode.UnknownOutcome, "no answer in time"));
            }
            else
            {
                Again(new StoreError(ErrorCode.Unreachable, "no answer from the gateway"));
            }
        });
    }

    // Only after answers that prove that nothing was done.
    private void Again(StoreError error)
    {
        if (_world.NowNs > DeadlineNs)
        {
            Finish(error);
            return;
        }

        _world.Coverage.Hit(Mark.AnswerRetried);
        var attempt = ++_attempt;
        _world.Schedule(_world.WorkRandom.Between(20 * SimWorld.Millisecond, 600 * SimWorld.Millisecond), () =>
        {
            if (attempt == _attempt && !IsEnded)
            {
                TryGateway();
            }
        });
    }

    private void Finish(StoreError? error)
    {
        IsEnded = true;
        Error = error;
        _world.Checks.OnCallEnded(this);
        _done(this);
    }

    private long Hop() => _world.NetworkRandom.Between(100_000, 2 * SimWorld.Millisecond);

    /// <summary>How the call reads in a history; null when it says nothing (never done).</summary>
    public HistoryCall? ToHistory()
    {
        if (IsStale || BucketId == 0 || _isRemembered)
        {
            return null;
        }

        var result = Error?.Code switch
        {
            null => HistoryResult.Ok,
            ErrorCode.ObjectNotFound => HistoryResult.Absent,
            ErrorCode.PreconditionFailed => HistoryResult.ConditionFailed,
            ErrorCode.UnknownOutcome => HistoryResult.Unknown,
            _ => (HistoryResult?)null,
        };
        if (result is null)
        {
            return null;
        }

        _isRemembered = true;
        return new HistoryCall
        {
            Kind = Kind switch
            {
                ObjectCallKind.Put => HistoryKind.Put,
                ObjectCallKind.Create => HistoryKind.CreateIfAbsent,
                ObjectCallKind.Match => HistoryKind.PutIfMatch,
                ObjectCallKind.Delete => HistoryKind.Delete,
                _ => HistoryKind.Get,
            },
            CalledAtNs = CalledAtNs,
            Expected = Expected,
            Value = IsRead ? Found?.Value ?? 0 : Value,
            Result = result.Value,
            AnsweredAtNs = result == HistoryResult.Unknown ? long.MaxValue : _world.NowNs,
        };
    }
}
