using Starling.Simulation.Engine;

namespace Starling.Simulation.Network;

/// <summary>The networks between nodes. Clients reach everybody unless a script says otherwise.</summary>
public enum NetworkKind
{
    Control,
    Data,
}

/// <summary>How one network misbehaves.</summary>
public sealed class NetworkConditions
{
    public int LossPerMillion { get; set; }

    public int DuplicatePerMillion { get; set; }

    /// <summary>Chance that a message takes up to <see cref="TailNs"/> instead: this is what reorders.</summary>
    public int TailPerMillion { get; set; }

    public long TailNs { get; set; }

    public long MinDelayNs { get; set; } = 200_000;

    public long MaxDelayNs { get; set; } = 1_500_000;
}

/// <summary>Directed links between nodes, per network: loss, delay, duplication, reordering, cuts.</summary>
public sealed class SimNetwork(SimRandom random)
{
    private const int MaxNodes = 16;
    private readonly bool[] _cut = new bool[2 * MaxNodes * MaxNodes];
    private int _nodes;
    private readonly NetworkConditions[] _conditions = [new(), new()];

    /// <summary>One more machine.</summary>
    public void Grow()
    {
        if (++_nodes > MaxNodes)
        {
            throw new InvalidOperationException($"a world has at most {MaxNodes} machines");
        }
    }

    public long Lost { get; private set; }

    public long Duplicated { get; private set; }

    public long Delayed { get; private set; }

    public long CutOff { get; private set; }

    public NetworkConditions Conditions(NetworkKind network) => _conditions[(int)network];

    public bool IsCut(NetworkKind network, int from, int to) => _cut[Index(network, from, to)];

    public void SetCut(NetworkKind network, int from, int to, bool cut) => _cut[Index(network, from, to)] = cut;

    public void HealAll()
    {
        Array.Clear(_cut);
        foreach (var conditions in _conditions)
        {
            conditions.LossPerMillion = 0;
            conditions.DuplicatePerMillion = 0;
            conditions.TailPerMillion = 0;
        }
    }

    /// <summary>Delays of the copies of one message that will arrive: 0, 1 or 2 of them. -1 means none.</summary>
    public int Route(NetworkKind network, int from, int to, out long firstNs, out long secondNs)
    {
        firstNs = secondNs = 0;
        if (_cut[Index(network, from, to)])
        {
            CutOff++;
            return 0;
        }

        var conditions = _conditions[(int)network];
        if (random.Chance(conditions.LossPerMillion))
        {
            Lost++;
            return 0;
        }

        firstNs = Delay(conditions);
        if (!random.Chance(conditions.DuplicatePerMillion))
        {
            return 1;
        }

        Duplicated++;
        secondNs = Delay(conditions) + random.Between(0, 2_000_000_000);
        return 2;
    }

    private long Delay(NetworkConditions conditions)
    {
        if (random.Chance(conditions.TailPerMillion))
        {
            Delayed++;
            return random.Between(conditions.MaxDelayNs, conditions.TailNs);
        }

        return random.Between(conditions.MinDelayNs, conditions.MaxDelayNs);
    }

    private int Index(NetworkKind network, int from, int to) => ((((int)network * MaxNodes) + from) * MaxNodes) + to;
}
