using System.Collections.Frozen;

namespace Starling.Server.Api.Native;

/// <summary>All routes of a node. Looked up by the second path item (the resource), then by pattern.</summary>
internal sealed class RouteTable
{
    private readonly FrozenDictionary<string, Route[]> byResource;
    private readonly FrozenDictionary<string, Route[]>.AlternateLookup<ReadOnlySpan<char>> lookup;

    public RouteTable(IEnumerable<Route> routes)
    {
        All = [.. routes];
        byResource = All.GroupBy(route => ResourceOf(route.Pattern), StringComparer.Ordinal)
            .ToFrozenDictionary(group => group.Key, group => group.OrderByDescending(route => route.Literals).ToArray(), StringComparer.Ordinal);
        lookup = byResource.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>Every route, in the order of registration.</summary>
    public IReadOnlyList<Route> All { get; }

    /// <summary>The route of a request, or what stands in its way.</summary>
    /// <param name="path">The path.</param>
    /// <param name="method">HTTP method.</param>
    /// <param name="role">Role of this node.</param>
    /// <param name="allow">Methods that the path knows, when the method is none of them; null otherwise.</param>
    /// <returns>Null when no route fits.</returns>
    public Route? Find(RequestPath path, string method, Roles role, out string? allow)
    {
        allow = null;
        if (path.Count == 0 || !lookup.TryGetValue(ResourceOf(path), out var candidates))
        {
            return null;
        }

        var literals = -1;
        foreach (var route in candidates)
        {
            if ((route.Roles & role) == 0 || !route.Matches(path) || (literals >= 0 && route.Literals < literals))
            {
                continue;
            }

            literals = route.Literals;
            if (route.Method == method)
            {
                return route;
            }
        }

        if (literals >= 0)
        {
            allow = string.Join(", ", candidates
                .Where(route => (route.Roles & role) != 0 && route.Literals == literals && route.Matches(path))
                .Select(route => route.Method).Append("OPTIONS").Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
        }

        return null;
    }

    private static ReadOnlySpan<char> ResourceOf(RequestPath path) =>
        path.Count > 1 && path.RawItem(0) is "v1" or "intra" ? path.Count > 1 ? path.RawItem(1) : path.RawItem(0) : path.RawItem(0);

    private static string ResourceOf(string pattern) => ResourceOf(RequestPath.Parse("/" + pattern)).ToString();
}
