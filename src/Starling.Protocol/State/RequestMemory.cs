using System.Collections.Immutable;
using Starling.Protocol.State.Commands;

namespace Starling.Protocol.State;

/// <summary>The last <see cref="Capacity"/> request ids with their outcomes (rule A12). Immutable.</summary>
public sealed class RequestMemory
{
    /// <summary>How many request ids are remembered.</summary>
    public const int Capacity = 10_000;

    private const int MaxMessageLength = 1000;

    private readonly ImmutableSortedDictionary<string, CommandOutcome> outcomes;
    private readonly ImmutableQueue<string> order;

    private RequestMemory(ImmutableSortedDictionary<string, CommandOutcome> outcomes, ImmutableQueue<string> order, long forgottenThrough)
    {
        this.outcomes = outcomes;
        this.order = order;
        ForgottenThrough = forgottenThrough;
    }

    /// <summary>Nothing remembered, nothing forgotten.</summary>
    public static RequestMemory Empty { get; } = new(ImmutableSortedDictionary.Create<string, CommandOutcome>(StringComparer.Ordinal), [], 0);

    /// <summary>Greatest log index whose request id was forgotten; a command that had seen less cannot be told from a duplicate.</summary>
    public long ForgottenThrough { get; }

    /// <summary>How many are remembered.</summary>
    public int Count => outcomes.Count;

    /// <summary>The outcome of a request id, or null when it is not remembered.</summary>
    public CommandOutcome? Find(string requestId) => outcomes.GetValueOrDefault(requestId);

    /// <summary>Remembers one more and forgets the oldest when full. An id that is remembered already stays as it is.</summary>
    public RequestMemory Remember(string requestId, CommandOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        if (outcomes.ContainsKey(requestId))
        {
            return this;
        }

        var nextOutcomes = outcomes.Add(requestId, Shortened(outcome));
        var nextOrder = order.Enqueue(requestId);
        var forgotten = ForgottenThrough;
        while (nextOutcomes.Count > Capacity)
        {
            nextOrder = nextOrder.Dequeue(out var oldest);
            forgotten = Math.Max(forgotten, nextOutcomes[oldest].Index);
            nextOutcomes = nextOutcomes.Remove(oldest);
        }

        return new RequestMemory(nextOutcomes, nextOrder, forgotten);
    }

    /// <summary>A refusal may quote what it refuses; ten thousand of those must not make a snapshot that is too large.</summary>
    private static CommandOutcome Shortened(CommandOutcome outcome)
    {
        if (outcome.Error is not { Message.Length: > MaxMessageLength } error)
        {
            return outcome;
        }

        var length = char.IsHighSurrogate(error.Message[MaxMessageLength - 1]) ? MaxMessageLength - 1 : MaxMessageLength;
        return outcome with { Error = error with { Message = error.Message[..length] + "..." } };
    }

    /// <summary>Everything remembered, oldest first.</summary>
    public IEnumerable<KeyValuePair<string, CommandOutcome>> OldestFirst()
    {
        foreach (var id in order)
        {
            yield return new(id, outcomes[id]);
        }
    }

    /// <summary>Rebuilds a memory from a snapshot: entries oldest first.</summary>
    internal static RequestMemory Restore(IEnumerable<KeyValuePair<string, CommandOutcome>> oldestFirst, long forgottenThrough)
    {
        var outcomes = Empty.outcomes.ToBuilder();
        var order = ImmutableQueue<string>.Empty;
        foreach (var (id, outcome) in oldestFirst)
        {
            if (outcomes.TryAdd(id, outcome))
            {
                order = order.Enqueue(id);
            }
        }

        return new RequestMemory(outcomes.ToImmutable(), order, forgottenThrough);
    }
}
