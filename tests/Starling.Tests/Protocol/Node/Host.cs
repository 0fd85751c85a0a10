using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Bootstrap;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Protocol.Node;
using Starling.Protocol.Operations;
using Starling.Protocol.State.Commands;
using Xunit;

namespace Starling.Tests.Protocol.Node;

/// <summary>One machine of the <see cref="World"/>: a disk, and the process that runs on it now.</summary>
internal sealed class Host(World world, NodeFacts facts, BootstrapOptions bootstrap)
{
    private readonly List<Envelope> buffered = [];
    private MemoryDisk? disk;

    public NodeFacts Facts { get; set; } = facts;

    public string Name => Facts.Id.Value;

    public string Address => Facts.Addresses.Control;

    public BootstrapOptions Bootstrap { get; set; } = bootstrap;

    public MemoryDisk Disk => disk ??= new MemoryDisk(new Incarnation(NextWide()));

    /// <summary>Settings of the next start; null: those of the world.</summary>
    public NodeSettings? Settings { get; set; }

    public ProtocolNode? Node { get; private set; }

    public NodePublication View { get; private set; } = null!;

    public int Life { get; private set; }

    public string? Halted { get; private set; }

    public long WallOffsetNs { get; set; }

    /// <summary>The cluster that the mountpaths name.</summary>
    public string ClusterOfDisks { get; set; } = string.Empty;

    public long PausedUntilNs { get; private set; }

    /// <summary>Flushes stay pending while true.</summary>
    public bool DiskHangs { get; set; }

    public List<Answer> Answers { get; } = [];

    public List<AnswerRead> Reads { get; } = [];

    public SortedDictionary<long, SafetyVerdict> Verdicts { get; } = [];

    public List<(long AtNs, string To, Envelope Envelope)> Sent { get; } = [];

    private readonly Queue<Persist> hanging = new();

    public void Start()
    {
        Life++;
        Halted = null;
        buffered.Clear();
        hanging.Clear();
        Node = new ProtocolNode(new NodeStart
        {
            Facts = Facts,
            Session = new SessionId(NextWide()),
            Restored = Disk.Restore(),
            ClusterId = ClusterOfDisks,
            Bootstrap = Bootstrap,
            Settings = Settings ?? world.Settings,
            Seed = world.Seed++,
            NowNs = world.NowNs,
            WallNs = world.NowNs + WallOffsetNs,
        });
        View = Node.View;
        Step(new Tick(world.NowNs, world.NowNs + WallOffsetNs));
        world.Schedule(this, Life);
    }

    public void Crash()
    {
        Node = null;
        Life++;
    }

    public void Wipe(bool remembered = false)
    {
        Crash();
        disk = new MemoryDisk(new Incarnation(NextWide())) { LogWasLost = remembered };
    }

    /// <summary>Starts from a copy of another machine's disk.</summary>
    public void CloneDiskOf(Host other)
    {
        disk = other.Disk.Copy();
    }

    public void Pause(double seconds) => PausedUntilNs = world.NowNs + (long)(seconds * World.Second);

    public void Receive(Envelope envelope)
    {
        if (world.NowNs < PausedUntilNs)
        {
            if (buffered.Count == 0)
            {
                world.At(PausedUntilNs - world.NowNs, () =>
                {
                    var all = buffered.ToArray();
                    buffered.Clear();
                    foreach (var e in all)
                    {
                        Step(new Received(e));
                    }
                });
            }

            buffered.Add(envelope);
            return;
        }

        Step(new Received(envelope));
    }

    public long Propose(Command command, double timeoutSeconds = 20)
    {
        var id = world.NextRequest();
        Step(new ProposalRequested(id, command, (long)(timeoutSeconds * World.Second)));
        return id;
    }

    public long Read()
    {
        var id = world.NextRequest();
        Step(new ReadIndexRequested(id));
        return id;
    }

    public long Transfer(string target)
    {
        var id = world.NextRequest();
        Step(new TransferRequested(id, NodeId.Parse(target)));
        return id;
    }

    public long Init(bool discard = false)
    {
        var id = world.NextRequest();
        Step(new InitRequested(id, discard));
        return id;
    }

    public Answer? AnswerTo(long id) => Answers.Find(a => a.LocalRequestId == id);

    public void AwaitAnswer(long id, double seconds = 10) => world.RunUntil(() => AnswerTo(id) is not null, seconds, $"the answer of {Name}");

    public CommandOutcome ProposeAndWait(Command command, double seconds = 10)
    {
        var id = Propose(command);
        AwaitAnswer(id, seconds);
        Assert.True(AnswerTo(id)!.Error is null, AnswerTo(id)!.Error?.ToString());
        return AnswerTo(id)!.Outcome!;
    }

    public ErrorCode? ErrorOf(long id) => AnswerTo(id)?.Error?.Code;

    public void ReleaseDisk()
    {
        DiskHangs = false;
        while (hanging.TryDequeue(out var persist))
        {
            Flushed(persist, Life);
        }
    }

    public void Step(Input input)
    {
        if (Node is null)
        {
            return;
        }

        foreach (var effect in Node.Step(input))
        {
            Execute(effect);
        }
    }

    private void Execute(Effect effect)
    {
        switch (effect)
        {
            case Persist persist when DiskHangs:
                hanging.Enqueue(persist);
                break;
            case Persist persist:
                Flushed(persist, Life);
                break;
            case Send send:
                Sent.Add((world.NowNs, send.Address, send.Envelope));
                world.Deliver(this, send);
                break;
            case Publish publish:
                View = publish.View;
                break;
            case Answer answer:
                Answers.Add(answer);
                break;
            case AnswerRead read:
                Reads.Add(read);
                break;
            case AnswerSafety verdict:
                Verdicts[verdict.LocalRequestId] = verdict.Verdict;
                break;
            case ProbeData probe:
                world.At(World.Ms, () => Step(new DataProbed(probe.Node, world.Hosts.Values.Any(h => h.Facts.Id == probe.Node && h.Node is not null))));
                break;
            case Halt halt:
                Halted = halt.Reason;
                break;
            default:
                throw new InvalidOperationException($"unknown effect {effect}");
        }
    }

    private void Flushed(Persist persist, int life)
    {
        world.At(World.Ms, () =>
        {
            if (life == Life)
            {
                Disk.Write(persist.Batch);
                Step(new PersistCompleted(persist.Token));
            }
        });
    }

    private UInt128 NextWide()
    {
        world.Seed = (world.Seed * 6364136223846793005UL) + 1442695040888963407UL;
        return new UInt128(world.Seed, Facts.Id.Digest);
    }
}
