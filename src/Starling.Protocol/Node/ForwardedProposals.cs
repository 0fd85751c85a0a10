using Starling.Core.Errors;
using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;

namespace Starling.Protocol.Node;

/// <summary>
/// What a leader decided about proposals that other nodes passed on, appended or refused. A message may come twice and late, so the first decision is final:
/// only then may a node tell its client that nothing was changed.
/// </summary>
internal sealed class ForwardedProposals
{
    private const int Capacity = 4096;

    private readonly SortedDictionary<(SessionId Session, long Number), ProposeResponse> decided = [];
    private readonly Queue<(SessionId Session, long Number)> order = new();
    private readonly SortedDictionary<SessionId, long> forgottenThrough = [];

    /// <summary>The decision about a proposal: an earlier one, or the one made now.</summary>
    public ProposeResponse Decide(SessionId from, ProposeRequest request, Func<ProposeResponse> decide)
    {
        var key = (from, request.Number);
        if (decided.TryGetValue(key, out var known))
        {
            return known;
        }

        if (forgottenThrough.TryGetValue(from, out var forgotten) && request.Number <= forgotten)
        {
            return new ProposeResponse(request.Number, 0, 0, new StoreError(
                ErrorCode.UnknownOutcome, "this change reached the leader long after later ones: look whether it took effect, or repeat it under the same request id", 1000));
        }

        var response = decide();
        decided.Add(key, response);
        order.Enqueue(key);
        if (order.Count > Capacity)
        {
            Forget(order.Dequeue());
        }

        return response;
    }

    private void Forget((SessionId Session, long Number) key)
    {
        decided.Remove(key);
        forgottenThrough[key.Session] = Math.Max(key.Number, forgottenThrough.GetValueOrDefault(key.Session));
    }
}
