using Starling.Protocol.State.Commands;

namespace Starling.Protocol.Node;

/// <summary>Outcomes of the entries applied last: an answer may come in after the entry that it names.</summary>
internal sealed class RecentOutcomes
{
    private const int Size = 1024;
    private readonly (long Index, long Term, CommandOutcome? Outcome)[] ring = new (long, long, CommandOutcome?)[Size];

    public void Add(long index, long term, CommandOutcome outcome) => ring[index % Size] = (index, term, outcome);

    public CommandOutcome? Find(long index, long term)
    {
        var (at, atTerm, outcome) = ring[index % Size];
        return at == index && atTerm == term ? outcome : null;
    }
}
