using Starling.Core.Names;

namespace Starling.Core.Wire;

/// <summary>Messages of errors in the words that clients look for. Python's client classifies errors by the bucket's canonical form in the text.</summary>
public static class ErrorTexts
{
    /// <summary>Nothing of a patch could be set.</summary>
    public const string NoPropertiesToUpdate = "no properties to update";

    /// <summary>A membership change names no node.</summary>
    public const string MissingNodeIds = "missing node IDs";

    /// <summary>A reverse-proxied request names no node.</summary>
    public const string MissingNodeId = "missing node ID";

    /// <summary>Rebalance was asked for where it is disabled.</summary>
    public const string RebalanceDisabled = "rebalance is disabled";

    /// <summary>No handler for the path.</summary>
    public const string InvalidRequestUri = "invalid request URI";

    /// <summary>The bucket does not exist: no slash behind its name, or clients take it for an object.</summary>
    public static string BucketNotFound(BucketName bucket) => $"bucket \"{Text(bucket)}\" does not exist";

    /// <summary>The bucket exists already.</summary>
    public static string BucketExists(BucketName bucket) => $"bucket \"{Text(bucket)}\" already exists";

    /// <summary>The object does not exist.</summary>
    /// <param name="node">Display name of the node that looked, see <see cref="NodeDisplayName"/>.</param>
    /// <param name="name">The object.</param>
    public static string ObjectNotFound(string node, ObjectName name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return $"{node}: {name.Cname} does not exist";
    }

    /// <summary>The node is not a member.</summary>
    public static string NodeNotFound(string id) => $"node \"{id}\" does not exist";

    /// <summary>The job is not known.</summary>
    public static string JobNotFound(string idOrKind) => $"xaction \"{idOrKind}\" does not exist";

    /// <summary>The action is not known.</summary>
    public static string InvalidAction(string action) => $"invalid action \"{action}\"";

    /// <summary>The query is not known.</summary>
    public static string UnknownWhat(string what) => $"unrecognized 'what={what}' query";

    /// <summary>The setting is not known.</summary>
    public static string UnknownProperty(string name) => $"unknown property \"{name}\"";

    /// <summary>The body does not match the client's checksum.</summary>
    public static string BadChecksum(ObjectName name, string type, string expected, string actual)
    {
        ArgumentNullException.ThrowIfNull(name);
        return $"BAD DATA CHECKSUM: {name.Cname}: {type}: expected {expected}, computed {actual}";
    }

    /// <summary>A write came to a target without the mark of a redirect.</summary>
    public static string ExpectedRedirect(string node, string method) => $"{node}: {method} (obj) is expected to be redirected";

    /// <summary>Another membership change is in the way.</summary>
    /// <param name="action">The action that is refused.</param>
    /// <param name="running">What runs, for example <c>rebalance[g7]</c>.</param>
    public static string MembershipBusy(string action, string running) => $"cluster membership \"{action}\" is currently busy ({running} is running), please try again";

    /// <summary>The access bits of the bucket forbid the operation.</summary>
    public static string Forbidden(string operation, BucketName bucket) => $"{operation} is not permitted by the access attributes of bucket \"{Text(bucket)}\"";

    /// <summary>Display name of a node: <c>t[id]</c> or <c>p[id]</c>.</summary>
    public static string NodeDisplayName(string id, bool isTarget) => isTarget ? $"t[{id}]" : $"p[{id}]";

    private static string Text(BucketName bucket) => bucket?.Cname ?? throw new ArgumentNullException(nameof(bucket));
}
