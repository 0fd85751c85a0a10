using System.Collections.Immutable;
using System.Globalization;
using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Core.Wire;
using Starling.Protocol.Identity;
using Starling.Protocol.Ownership;
using Starling.Protocol.State;

namespace Starling.Gateway.Lifecycle;

/// <summary>Joins what the targets hold with what the state says of owners, into what a read would get. Pure; the read itself is decided elsewhere.</summary>
public static class ObjectExplanation
{
    /// <summary>The explanation.</summary>
    /// <param name="state">The committed state.</param>
    /// <param name="bucket">The bucket.</param>
    /// <param name="name">The object.</param>
    /// <param name="copies">What every target that may hold something says; those that do not answer included.</param>
    public static ExplainWire Of(ClusterState state, BucketEntry bucket, ObjectName name, IReadOnlyList<ExplainCopyWire> copies)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(bucket);
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(copies);
        var owner = state.Newest.OwnerOf(name.Digest);
        var explained = new ExplainWire
        {
            Object = $"{bucket.Name.Cname}/{name.Name}",
            BucketId = bucket.Id.ToString(CultureInfo.InvariantCulture),
            Digest = name.Digest.ToString("x16", CultureInfo.InvariantCulture),
            Epoch = state.Newest.Number,
            Owner = owner.IsNone ? string.Empty : owner.Value,
            Owners = [.. Owners(state, name.Digest)],
            Copies = [.. copies.OrderBy(copy => copy.Node, StringComparer.Ordinal)],
        };
        if (owner.IsNone)
        {
            explained.Answer = "503: no target is in service";
            return explained;
        }

        var local = CopyOf(copies, owner);
        var candidates = Candidates.Of(state, owner, name.Digest, KeyOf(local)?.Epoch ?? Candidates.NoRecord);
        explained.Candidates = [.. candidates.Select(id => id.Value)];
        (explained.ServedBy, explained.Answer) = Answer(state, name, owner, local, candidates, copies);
        return explained;
    }

    private static IEnumerable<ExplainOwnerWire> Owners(ClusterState state, ulong digest)
    {
        foreach (var epoch in state.Epochs.Reverse())
        {
            var owner = epoch.OwnerOf(digest);
            var mayHold = !owner.IsNone && state.Node(owner) is { Role: NodeRole.Target, HoldsIntegers: true } entry && entry.Clean <= epoch.Number;
            yield return new ExplainOwnerWire
            {
                Epoch = epoch.Number,
                Owner = owner.IsNone ? string.Empty : owner.Value,
                Why = epoch.Number == state.Newest.Number ? "the newest: greatest hash of name and target"
                    : owner.IsNone ? "no target was in service"
                    : mayHold ? string.Create(CultureInfo.InvariantCulture, $"may still hold it: clean as of epoch {state.Node(owner)!.Clean} only")
                    : "holds nothing of that time any more",
            };
        }
    }

    private static (string ServedBy, string Answer) Answer(
        ClusterState state, ObjectName name, NodeId owner, ExplainCopyWire? local, ImmutableArray<NodeId> candidates, IReadOnlyList<ExplainCopyWire> copies)
    {
        if (Silent(local) is { } silent)
        {
            return (string.Empty, $"503: its owner t[{owner}] {silent}");
        }

        var best = local;
        foreach (var candidate in candidates)
        {
            best = Newer(best, CopyOf(copies, candidate));
        }

        // With the best record in hand only those matter that may hold a newer one.
        var needed = Candidates.Of(state, owner, name.Digest, KeyOf(best)?.Epoch ?? Candidates.NoRecord);
        foreach (var candidate in needed)
        {
            if (Silent(CopyOf(copies, candidate)) is { } why)
            {
                return (string.Empty, $"503, never 404: t[{candidate}] may hold a newer record and {why}");
            }
        }

        var asked = candidates.IsEmpty ? string.Empty : $", after asking {string.Join(", ", candidates.Select(id => $"t[{id}]"))}";
        return best switch
        {
            { State: "live" } when best.Node == owner.Value => (best.Node, $"200: t[{owner}] owns it and has it{asked}"),
            { State: "live" } => (best.Node, $"200: t[{owner}] owns it and reads it from t[{best.Node}], which has not handed it over yet"),
            { State: "tombstone" } => (string.Empty, $"404: deleted{asked}"),
            _ => (string.Empty, $"404: nobody holds it{asked}"),
        };
    }

    // Why a target's word is missing; null when it is there.
    private static string? Silent(ExplainCopyWire? copy) => copy?.State switch
    {
        null or "unreachable" => "does not answer",
        "unreadable" => $"cannot say: {copy.Note}",
        _ => null,
    };

    private static ExplainCopyWire? CopyOf(IReadOnlyList<ExplainCopyWire> copies, NodeId node) => copies.FirstOrDefault(copy => copy.Node == node.Value);

    private static ExplainCopyWire? Newer(ExplainCopyWire? one, ExplainCopyWire? other) =>
        KeyOf(other) is { } theirs && (KeyOf(one) is not { } ours || theirs > ours) ? other : one;

    // Of what is visible alone: leftovers answer no read.
    private static RecordKey? KeyOf(ExplainCopyWire? copy)
    {
        if (copy?.State is not ("live" or "tombstone"))
        {
            return null;
        }

        var parts = copy.Key.Split('.');
        return parts.Length == 3 && long.TryParse(parts[0], CultureInfo.InvariantCulture, out var epoch)
            && long.TryParse(parts[1], CultureInfo.InvariantCulture, out var boot) && long.TryParse(parts[2], CultureInfo.InvariantCulture, out var sequence)
            ? new RecordKey(0, epoch, boot, sequence)
            : null;
    }
}
