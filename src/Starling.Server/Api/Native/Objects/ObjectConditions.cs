using System.Collections.Immutable;
using Microsoft.Extensions.Primitives;
using Starling.Protocol.Objects;

namespace Starling.Server.Api.Native.Objects;

/// <summary>Reads <c>If-Match</c> and <c>If-None-Match</c>.</summary>
internal static class ObjectConditions
{
    /// <summary>The conditions of a request.</summary>
    /// <exception cref="ApiException">More tags than a request may name: 400.</exception>
    public static Conditions Of(ApiCall call)
    {
        var match = call.Request.Headers.IfMatch;
        var noneMatch = call.Request.Headers.IfNoneMatch;
        return match.Count == 0 && noneMatch.Count == 0 ? Conditions.None : new Conditions(Tags(match), Tags(noneMatch));
    }

    private static ImmutableArray<string> Tags(StringValues lines)
    {
        var tags = lines.SelectMany(line => (line ?? string.Empty).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            .Select(Unquoted).ToImmutableArray();
        return tags.Length <= 100 ? tags : throw ApiException.Invalid($"too many entity tags in a condition: {tags.Length}, at most 100 are allowed");
    }

    private static string Unquoted(string tag)
    {
        var strong = tag.StartsWith("W/", StringComparison.Ordinal) ? tag[2..] : tag;
        return strong.Length >= 2 && strong[0] == '"' && strong[^1] == '"' ? strong[1..^1] : strong;
    }
}
