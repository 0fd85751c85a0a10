using System.Collections.Immutable;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.State;

namespace Starling.Protocol.Objects;

/// <summary>One record in a listing.</summary>
/// <param name="Name">Name in the bucket.</param>
/// <param name="Record">The record; tombstones are listed between nodes and hidden from clients.</param>
public sealed record ListedRecord(string Name, RecordHead Record);

/// <summary>What a listing asks of each target.</summary>
/// <param name="IsForeign">
/// True: live records that the asked target does not own at the epoch. False: those that it owns. Tombstones are part of both while the epoch is not
/// converged.
/// </param>
/// <param name="Epoch">The epoch under which it is to be answered, exactly; a newer one is <see cref="ListAnswerKind.Stale"/>.</param>
/// <param name="AppliedIndex">The asker's applied index.</param>
/// <param name="After">Names greater than this one, by ordinal order of UTF-8; empty: from the beginning.</param>
/// <param name="Limit">How many at most.</param>
public sealed record ListQuestion(bool IsForeign, long Epoch, long AppliedIndex, string After, int Limit);

/// <summary>How a target answers.</summary>
public enum ListAnswerKind
{
    /// <summary>With records.</summary>
    Records,

    /// <summary>It cannot say (missing disk, starting), or cannot be reached.</summary>
    Silent,

    /// <summary>It has adopted a newer epoch, or applied a loss that was declared after the question was made.</summary>
    Stale,
}

/// <summary>The answer of one target.</summary>
/// <param name="Kind">How.</param>
/// <param name="Records">The records, ordered by name.</param>
/// <param name="IsTruncated">There are more.</param>
public sealed record ListAnswer(ListAnswerKind Kind, ImmutableArray<ListedRecord> Records, bool IsTruncated)
{
    /// <summary>No answer.</summary>
    public static ListAnswer Silent { get; } = new(ListAnswerKind.Silent, [], IsTruncated: false);

    /// <summary>The page has to be asked again.</summary>
    public static ListAnswer Stale { get; } = new(ListAnswerKind.Stale, [], IsTruncated: false);
}

/// <summary>What a listing wants done next.</summary>
public enum ListActionKind
{
    /// <summary>Ask <see cref="ListAction.Nodes"/> in parallel, report each answer.</summary>
    Ask,

    /// <summary>More answers are on their way.</summary>
    AwaitAnswers,

    /// <summary>Wait until a newer state is applied, report it.</summary>
    WaitForState,

    /// <summary>The end: the page.</summary>
    Answer,

    /// <summary>The end: the error.</summary>
    Refuse,
}

/// <summary>What to do next.</summary>
/// <param name="Kind">What.</param>
public readonly record struct ListAction(ListActionKind Kind)
{
    /// <summary>Whom to ask.</summary>
    public ImmutableArray<NodeId> Nodes { get; init; } = [];

    /// <summary>What to ask.</summary>
    public ListQuestion? Question { get; init; }

    /// <summary>Number of this round of questions; answers carry it back.</summary>
    public int Round { get; init; }

    /// <summary>The page: objects in the order of their names.</summary>
    public ImmutableArray<ListedRecord> Records { get; init; } = [];

    /// <summary>Where the next page begins; empty: this was the last one.</summary>
    public string Continuation { get; init; } = string.Empty;

    /// <summary>Somebody that matters did not answer, and the client asked for what there is.</summary>
    public bool IsPartial { get; init; }

    /// <summary>For a refusal: why.</summary>
    public StoreError? Error { get; init; }

    /// <summary>Whether it is over.</summary>
    public bool IsEnd => Kind is ListActionKind.Answer or ListActionKind.Refuse;
}

/// <summary>What a listing is told.</summary>
public abstract record ListEvent(ClusterState State)
{
    /// <summary>It begins, or a newer state was applied.</summary>
    public sealed record StateChanged(ClusterState State) : ListEvent(State);

    /// <summary>A target answered.</summary>
    public sealed record Answered(ClusterState State, int Round, NodeId Node, ListAnswer Answer) : ListEvent(State);

    /// <summary>Out of time.</summary>
    public sealed record DeadlinePassed(ClusterState State) : ListEvent(State);
}
