namespace Starling.Protocol.Consensus;

/// <summary>Proof that a leader still led after a question came in: a round of heartbeats that a majority answers (rules A10, B3). One round at a time; questions share it.</summary>
internal sealed class Confirmations
{
    private readonly List<(long Index, Action<long?> Then)> next = [];
    private readonly List<(long Round, long Index, Action<long?> Then)> asked = [];
    private long startedNs;

    /// <summary>Number of the newest round; goes with every heartbeat and append.</summary>
    public long Round { get; private set; }

    public bool Waiting => asked.Count > 0;

    public void Add(long index, Action<long?> then) => next.Add((index, then));

    /// <summary>Starts a round when somebody waits and the round before is answered, or old.</summary>
    public bool StartRound(long nowNs, long patienceNs)
    {
        if (next.Count == 0 || (asked.Count > 0 && nowNs - startedNs < patienceNs))
        {
            return false;
        }

        Round++;
        startedNs = nowNs;
        foreach (var (index, then) in next)
        {
            asked.Add((Round, index, then));
        }

        next.Clear();
        return true;
    }

    public void Complete(long reached)
    {
        var done = 0;
        while (done < asked.Count && asked[done].Round <= reached)
        {
            done++;
        }

        if (done == 0)
        {
            return;
        }

        var ready = asked.GetRange(0, done);
        asked.RemoveRange(0, done);
        foreach (var (_, index, then) in ready)
        {
            then(index);
        }
    }

    /// <summary>Leadership is gone.</summary>
    public void Fail()
    {
        var all = new List<Action<long?>>();
        asked.ForEach(a => all.Add(a.Then));
        next.ForEach(a => all.Add(a.Then));
        asked.Clear();
        next.Clear();
        all.ForEach(then => then(null));
    }
}
