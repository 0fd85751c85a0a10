using System.Collections.Immutable;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.State;

namespace Starling.Gateway.Routing;

/// <summary>What to do with a request that concerns one object.</summary>
public enum RouteKind
{
    /// <summary>Tell the client to go to the owner itself.</summary>
    Redirect,

    /// <summary>Pass the request on to the owner and its answer back.</summary>
    Forward,

    /// <summary>The owner is down: wait for it, up to the request's deadline, then refuse with the decision's error.</summary>
    Hold,

    /// <summary>Answer with the decision's error.</summary>
    Refuse,

    /// <summary>The bucket does not exist as far as this node knows: make sure that this knowledge is current, then route again (rule A10).</summary>
    Confirm,
}

/// <summary>A request for one object, as far as routing is concerned.</summary>
/// <param name="Name">The object; its digest decides who owns it.</param>
/// <param name="MayRedirect">False for clients that do not follow redirects.</param>
/// <param name="KnownIndex">State of at least this index is known to be current: "no such bucket" may be said from it. 0: none is.</param>
public readonly record struct RouteRequest(ObjectName Name, bool MayRedirect = true, long KnownIndex = 0);

/// <summary>The decision.</summary>
/// <param name="Kind">What to do.</param>
/// <param name="Owner">The owner, for <see cref="RouteKind.Redirect"/>, <see cref="RouteKind.Forward"/> and <see cref="RouteKind.Hold"/>.</param>
/// <param name="Error">What to answer, for <see cref="RouteKind.Refuse"/>, for <see cref="RouteKind.Hold"/> when the deadline has passed, and for <see cref="RouteKind.Confirm"/> when nothing newer is known.</param>
public readonly record struct RouteDecision(RouteKind Kind, NodeEntry? Owner, StoreError? Error);

/// <summary>Where a request for an object goes. Pure: the same request and the same state give the same answer.</summary>
public static class ObjectRouter
{
    /// <summary>Milliseconds after which trying again makes sense when the owner is down.</summary>
    public const int RetryAfterMs = 1000;

    /// <summary>Decides.</summary>
    /// <param name="request">The request.</param>
    /// <param name="state">Committed state; placement is that of its newest epoch.</param>
    /// <param name="down">Targets that do not answer at present, as this node sees it.</param>
    public static RouteDecision Route(in RouteRequest request, ClusterState state, ImmutableSortedSet<NodeId> down)
    {
        ArgumentNullException.ThrowIfNull(state);
        ArgumentNullException.ThrowIfNull(down);
        if (!state.IsFormed)
        {
            return Refused(ErrorCode.Unavailable, "the cluster has not started yet");
        }

        if (state.FindBucket(request.Name.Bucket) is null)
        {
            var error = new StoreError(ErrorCode.BucketNotFound, $"bucket \"{request.Name.Bucket.Cname}\" does not exist");
            var current = request.KnownIndex > 0 && state.AppliedIndex >= request.KnownIndex;
            return new RouteDecision(current ? RouteKind.Refuse : RouteKind.Confirm, null, error);
        }

        var owner = state.Newest.OwnerOf(request.Name.Digest);
        if (owner.IsNone)
        {
            return Refused(ErrorCode.Unavailable, "no target is part of the cluster's placement yet");
        }

        if (state.Node(owner) is not { } node)
        {
            return Refused(ErrorCode.Unavailable, $"the owner of {request.Name.Cname}, t[{owner}], is not a member any more and its loss was not declared yet");
        }

        if (down.Contains(owner))
        {
            return new RouteDecision(RouteKind.Hold, node, new StoreError(
                ErrorCode.Unreachable, $"{request.Name.Cname} is kept by t[{owner}], which does not answer at present: try again later", RetryAfterMs));
        }

        return new RouteDecision(request.MayRedirect ? RouteKind.Redirect : RouteKind.Forward, node, null);
    }

    private static RouteDecision Refused(ErrorCode code, string message) => new(RouteKind.Refuse, null, new StoreError(code, message, RetryAfterMs));
}
