using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Starling.Cluster.Clocks;
using Starling.Cluster.Views;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Node;
using Starling.Protocol.Operations;
using Starling.Protocol.State.Commands;

namespace Starling.Cluster;

/// <summary>
/// Drives the pure core with real time: one bounded queue of inputs, one consumer that steps the node and executes the effects in order. Nothing in here
/// waits for a disk or a peer. A broken invariant or a failed flush stops the loop, not the process: the node becomes a silent follower.
/// It has a thread of its own: on the shared pool a tick waits behind requests, and on a busy machine a second of that costs a target its lease.
/// </summary>
internal sealed class ControlLoop : ICommandProposer, IAsyncDisposable
{
    private const int MaxQueued = 16_384;
    private const long FreshNs = 45_000_000;
    private const long QuietNs = 1_000_000_000;
    private const long TickMs = 90;

    /// <summary>For a follower or learner that hears its leader: nothing that it waits for is due within the next second, and every message brings a tick of its own.</summary>
    private const long QuietTickMs = 270;

    private static readonly object TickDue = new();

    private readonly ProtocolNode node;
    private readonly IBatchWriter writer;
    private readonly IMessageSender sender;
    private readonly ClusterView view;
    private readonly IBootClock clock;
    private readonly LoopPulse pulse;
    private readonly ILogger log;

    // Unbounded in type, bounded in fact: TryPost counts.
    private readonly ConcurrentQueue<object> inputs = new();

    // A semaphore would spin before it sleeps, which a loop that mostly waits pays for all day.
    private readonly AutoResetEvent wake = new(false);
    private readonly ConcurrentDictionary<long, TaskCompletionSource<Effect>> outstanding = new();
    private readonly CancellationTokenSource ending = new();
    private Exchange? exchange;
    private long heardNs;
    private int queued;
    private long completedToken;
    private long reportedToken;
    private long lastRequestId;
    private long dropped;
    private volatile string? halted;
    private volatile string? writeFailure;
    private Task loop = Task.CompletedTask;

    public ControlLoop(ProtocolNode node, IBatchWriter writer, IMessageSender sender, ClusterView view, IBootClock clock, LoopPulse pulse, ILogger log)
    {
        this.node = node;
        this.writer = writer;
        this.sender = sender;
        this.view = view;
        this.clock = clock;
        this.pulse = pulse;
        this.log = log;
    }

    /// <summary>Inputs that were refused because the queue was full.</summary>
    public long Dropped => Interlocked.Read(ref dropped);

    /// <summary>Why the loop stopped; null while it runs.</summary>
    public string? Halted => halted;

    public void Start()
    {
        writer.Start(OnDurable, OnWriteFailed);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        loop = ended.Task;
        new Thread(() =>
        {
            Run();
            ended.SetResult();
        })
        {
            IsBackground = true,
            Name = "control-loop",
        }.Start();
    }

    /// <summary>Gives an input from outside; false when the queue is full or the loop has ended, and the input is dropped.</summary>
    public bool TryPost(Input input) => TryPostItem(input);

    /// <summary>Gives messages that came in one request; what the core answers to their sender at once is left in the exchange. False as above.</summary>
    public bool TryPost(Exchange received) => TryPostItem(received);

    private bool TryPostItem(object input)
    {
        if (Interlocked.Increment(ref queued) > MaxQueued || halted is not null || ending.IsCancellationRequested)
        {
            Interlocked.Decrement(ref queued);
            Interlocked.Increment(ref dropped);
            return false;
        }

        inputs.Enqueue(input);
        wake.Set();
        return true;
    }

    public async Task<CommandOutcome> ProposeAsync(Command command, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var answer = await AskAsync(id => new ProposalRequested(id, command, Nanoseconds(timeout)), "the answer to a proposal", timeout, cancellationToken);
        return answer switch
        {
            Answer { Error: { } error } => throw new StoreException(error),
            Answer { Outcome: { } outcome } => outcome,
            _ => throw new StoreException(ErrorCode.Internal, $"a proposal was answered by {answer.GetType().Name} without an outcome"),
        };
    }

    public async Task<long> ReadIndexAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        var answer = await AskAsync(id => new ReadIndexRequested(id, Nanoseconds(timeout)), "a current index", timeout, cancellationToken);
        return answer is AnswerRead { Index: { } index }
            ? index
            : throw new StoreException(ErrorCode.Unavailable, "no leader confirmed itself in time: what this node knows may be stale", 1000);
    }

    public Task TransferLeadershipAsync(NodeId target, TimeSpan timeout, CancellationToken cancellationToken) =>
        RequireAsync(id => new TransferRequested(id, target), $"the transfer of leadership to {target}", timeout, cancellationToken);

    public async Task<SafetyVerdict> AskSafetyAsync(NodeId node, TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await AskAsync(id => new SafetyRequested(id, node, Nanoseconds(timeout)), "a verdict", timeout, cancellationToken);
            return answer is AnswerSafety { Verdict: { } verdict } ? verdict : SafetyVerdict.NoLeader;
        }
        catch (StoreException error) when (error.Error.Code is ErrorCode.Unavailable or ErrorCode.UnknownOutcome)
        {
            return new SafetyVerdict(Safety.Unknown, [error.Message], []);
        }
    }

    public Task InitClusterAsync(bool discardPending, TimeSpan timeout, CancellationToken cancellationToken) =>
        RequireAsync(id => new InitRequested(id, discardPending), "the forming of the cluster", timeout, cancellationToken);

    /// <summary>Tells the core that the process stops and waits until leadership is handed over, or cannot be, or the time is up.</summary>
    public async Task HandOverAsync(TimeSpan timeout)
    {
        if (!TryPost(new Stopping()))
        {
            return;
        }

        try
        {
            await view.WaitForAsync(snapshot => snapshot.Node.StopReady || snapshot.Halted is not null, "leadership to be handed over", timeout, CancellationToken.None);
        }
        catch (StoreException late)
        {
            log.LogWarning("stopping without a hand-over: {Reason}", late.Message);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        wake.Set();
        await loop;
        await writer.DisposeAsync();
        Fail("the node is stopping");
        ending.Dispose();
        wake.Dispose();
    }

    private void Run()
    {
        var tickAtMs = Environment.TickCount64;
        while (!ending.IsCancellationRequested)
        {
            // What a tick that was due left in the queue goes on at once.
            if (inputs.IsEmpty)
            {
                wake.WaitOne((int)Math.Max(0, tickAtMs - Environment.TickCount64));
            }

            while (!ending.IsCancellationRequested && Environment.TickCount64 < tickAtMs && inputs.TryDequeue(out var input))
            {
                Interlocked.Decrement(ref queued);
                Try(input);
            }

            Try(null);
            if (Environment.TickCount64 >= tickAtMs)
            {
                Try(TickDue);
                tickAtMs = Environment.TickCount64 + (IsQuiet() ? QuietTickMs : TickMs);
            }
        }
    }

    /// <summary>A loop that has stopped goes on taking inputs away, so that nobody waits for room.</summary>
    private void Try(object? input)
    {
        if (halted is not null)
        {
            return;
        }

        try
        {
            Work(input);
        }
        catch (Exception error)
        {
            // One of the few places where everything is caught: a bug in the core must not end a process that can still serve reads.
            log.LogCritical(error, "cluster-integrity: the control loop stops");
            Halt($"{error.GetType().Name}: {error.Message}");
        }
    }

    private void Work(object? item)
    {
        if (writeFailure is { } failure)
        {
            Halt(failure);
            return;
        }

        var durable = Interlocked.Read(ref completedToken);
        if (durable > reportedToken)
        {
            reportedToken = durable;
            Execute(node.Step(new PersistCompleted(durable)));
        }

        switch (item)
        {
            case null:
                break;
            case Input input:
                Execute(node.Step(input));
                break;
            case Exchange received:
                // The core's time stands still between ticks: what it hears it has to hear now, not up to a tick ago.
                if (clock.NowNs - pulse.LastTickNs >= FreshNs)
                {
                    Tick();
                }

                Interlocked.Exchange(ref heardNs, clock.NowNs);
                WorkOff(received);
                break;
            default:
                Tick();
                break;
        }
    }

    private void Tick()
    {
        var tick = new Tick(clock.NowNs, clock.WallNs);
        Execute(node.Step(tick));
        pulse.LastTickNs = tick.NowNs;
    }

    private void WorkOff(Exchange received)
    {
        exchange = received;
        try
        {
            foreach (var envelope in received.Received)
            {
                Execute(node.Step(new Received(envelope)));
            }
        }
        finally
        {
            exchange = null;
        }

        foreach (var late in received.Finish())
        {
            sender.Send(received.Sender!, late);
        }
    }

    private void Execute(EffectList effects)
    {
        foreach (var effect in effects.AsSpan())
        {
            switch (effect)
            {
                case Persist persist:
                    writer.Enqueue(persist.Token, persist.Batch);
                    break;
                case Send send:
                    if (exchange?.TryAdd(send.Address, send.Envelope) != true)
                    {
                        sender.Send(send.Address, send.Envelope);
                    }

                    break;
                case Publish publish:
                    Show(publish.View);
                    break;
                case Answer answer:
                    Complete(answer.LocalRequestId, answer);
                    break;
                case AnswerRead answer:
                    Complete(answer.LocalRequestId, answer);
                    break;
                case AnswerSafety answer:
                    Complete(answer.LocalRequestId, answer);
                    break;
                case ProbeData probe:
                    _ = ProbeAsync(probe);
                    break;
                case Halt halt:
                    log.LogCritical("cluster-integrity: {Reason}", halt.Reason);
                    Halt(halt.Reason);
                    return;
                default:
                    throw new NotSupportedException($"the core asked for {effect.GetType().Name}, which this driver does not know");
            }
        }
    }

    private void Show(NodePublication publication)
    {
        Tell(view.Current.Node, publication);
        view.Publish(new ClusterSnapshot
        {
            Node = publication,
            Lease = new LeaseView(publication.Lease, publication.AppliedIndex, pulse, clock),
            Halted = halted,
        });
    }

    /// <summary>Logs what an administrator wants to know when it changes.</summary>
    private void Tell(NodePublication before, NodePublication now)
    {
        if (before.ClusterId != now.ClusterId)
        {
            log.LogInformation("this node belongs to cluster {Cluster}", now.ClusterId);
        }

        if (before.Lease.SentNs != 0 && now.Lease.SentNs == 0)
        {
            log.LogWarning("the lease is given up: this process paused for more than a second, a clock jumped, or it stops; data changes wait for a new one");
        }

        if (before.Leader != now.Leader || before.Role != now.Role)
        {
            log.LogInformation(
                "term {Term}: this node is {Role}, {Leader} leads", now.Term, now.Role.ToString().ToLowerInvariant(), now.Leader?.Id.Value ?? "nobody that is heard");
        }

        if (now.Waiting is { } waiting && before.Waiting != waiting)
        {
            log.LogInformation("waiting: {Reason}", waiting);
        }
    }

    private async Task ProbeAsync(ProbeData probe)
    {
        var reachable = await sender.ProbeDataAsync(probe.Node, probe.Address, ending.Token);
        TryPost(new DataProbed(probe.Node, reachable));
    }

    private void OnDurable(long token)
    {
        Interlocked.Exchange(ref completedToken, token);
        wake.Set();
    }

    private void OnWriteFailed(Exception error)
    {
        writeFailure = $"the control log cannot be written: {error.Message}";
        wake.Set();
    }

    private bool IsQuiet()
    {
        var now = view.Current.Node;
        return now.Role is ConsensusRole.Follower or ConsensusRole.Learner && now.Leader is not null && now.Waiting is null && now.SessionApplied && !now.StopReady
            && outstanding.IsEmpty && clock.NowNs - Interlocked.Read(ref heardNs) < QuietNs;
    }

    private void Halt(string reason)
    {
        halted = reason;
        log.LogCritical("this node takes no further part in decisions until it is restarted: {Reason}", reason);
        view.Publish(view.Current with { Halted = reason, Lease = LeaseView.None });
        Fail($"this node's control loop has stopped: {reason}; restart the node");
    }

    private void Fail(string reason)
    {
        foreach (var id in outstanding.Keys)
        {
            Complete(id, new Answer(id, null, new StoreError(ErrorCode.UnknownOutcome, reason)));
        }
    }

    private void Complete(long id, Effect answer)
    {
        if (outstanding.TryRemove(id, out var waiting))
        {
            waiting.TrySetResult(answer);
        }
    }

    private async Task RequireAsync(Func<long, Input> input, string what, TimeSpan timeout, CancellationToken cancellationToken)
    {
        if (await AskAsync(input, what, timeout, cancellationToken) is Answer { Error: { } error })
        {
            throw new StoreException(error);
        }
    }

    private async Task<Effect> AskAsync(Func<long, Input> input, string what, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var id = Interlocked.Increment(ref lastRequestId);
        var waiting = new TaskCompletionSource<Effect>(TaskCreationOptions.RunContinuationsAsynchronously);
        outstanding[id] = waiting;
        if (!TryPost(input(id)))
        {
            outstanding.TryRemove(id, out _);
            var reason = halted is { } why ? $"this node's control loop has stopped: {why}; restart the node" : "this node's control queue is full";
            throw new StoreException(ErrorCode.Unavailable, reason, 1000);
        }

        try
        {
            // The core answers in time; the extra second is for a core that does not.
            return await waiting.Task.WaitAsync(timeout + TimeSpan.FromSeconds(1), cancellationToken);
        }
        catch (TimeoutException)
        {
            throw new StoreException(ErrorCode.UnknownOutcome, $"waited {timeout.TotalSeconds + 1:0.#} s for {what}: whether it happens is not known");
        }
        finally
        {
            outstanding.TryRemove(id, out _);
        }
    }

    private static long Nanoseconds(TimeSpan time) => time.Ticks * TimeSpan.NanosecondsPerTick;
}
