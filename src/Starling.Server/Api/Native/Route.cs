namespace Starling.Server.Api.Native;

/// <summary>The networks on which a route is offered.</summary>
[Flags]
internal enum Listeners
{
    None = 0,
    Public = 1,
    Control = 2,
    Data = 4,
}

/// <summary>The roles that offer a route.</summary>
[Flags]
internal enum Roles
{
    None = 0,
    Gateway = 1,
    Target = 2,
    Any = Gateway | Target,
}

/// <summary>What a caller must be allowed to do; checked by the one <see cref="IAuthorizer"/> before the handler runs.</summary>
internal enum Privilege
{
    /// <summary>Open to everybody: health, metrics, icons.</summary>
    None,

    /// <summary>Read cluster metadata, statistics and logs.</summary>
    ShowCluster,

    /// <summary>List buckets, read bucket properties.</summary>
    ListBuckets,

    /// <summary>Create, change and destroy buckets.</summary>
    ManageBuckets,

    /// <summary>List the objects of a bucket.</summary>
    ListObjects,

    /// <summary>Read objects and their properties.</summary>
    ReadObjects,

    /// <summary>Write, change and delete objects.</summary>
    WriteObjects,

    /// <summary>Change configuration and membership.</summary>
    Administer,

    /// <summary>Members of this cluster only.</summary>
    Member,
}

/// <summary>Handles one request of one route.</summary>
internal delegate Task ApiHandler(ApiCall call);

/// <summary>One offered route.</summary>
/// <param name="Method">HTTP method.</param>
/// <param name="Pattern">Items separated by '/': a literal, <c>{name}</c> for one item, <c>{*name}</c> for the rest (at least one item).</param>
/// <param name="Listeners">Networks that offer it; others answer 403.</param>
/// <param name="Roles">Roles that offer it.</param>
/// <param name="Privilege">What the caller must be allowed to do.</param>
/// <param name="Operation">Short name for metrics and logs, for example <c>get</c>.</param>
/// <param name="Handler">The code.</param>
internal sealed record Route(string Method, string Pattern, Listeners Listeners, Roles Roles, Privilege Privilege, string Operation, ApiHandler Handler)
{
    private readonly string[] items = Pattern.Split('/', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Number of literal items: of two matching routes the one with more literals is meant.</summary>
    public int Literals => items.Count(item => item[0] != '{');

    /// <summary>True when the path has the shape of the pattern.</summary>
    public bool Matches(RequestPath path)
    {
        for (var i = 0; i < items.Length; i++)
        {
            if (i >= path.Count)
            {
                return false;
            }

            if (items[i][0] == '{')
            {
                if (items[i][1] == '*')
                {
                    return true;
                }
            }
            else if (!path.RawItem(i).SequenceEqual(items[i]))
            {
                return false;
            }
        }

        return path.Count == items.Length;
    }
}

/// <summary>Decides whether a caller may use a route. The first one allows everything; authentication replaces it without touching a route.</summary>
internal interface IAuthorizer
{
    /// <summary>Null when the caller may; else the error to answer.</summary>
    ApiException? Check(ApiCall call, Route route);
}

/// <summary>Allows everything.</summary>
internal sealed class AllowAllAuthorizer : IAuthorizer
{
    public ApiException? Check(ApiCall call, Route route) => null;
}
