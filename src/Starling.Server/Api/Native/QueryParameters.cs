using Starling.Core.Wire;

namespace Starling.Server.Api.Native;

/// <summary>The query of one request. Unknown parameters are ignored; the first of several equal names counts.</summary>
internal sealed class QueryParameters
{
    /// <summary>More parameters than this in one object or bucket request is an error.</summary>
    public const int MaxCount = 100;

    private readonly List<KeyValuePair<string, string>> pairs = [];

    private QueryParameters()
    {
    }

    /// <summary>All parameters in the order of the query.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Pairs => pairs;

    /// <summary>Number of parameters.</summary>
    public int Count => pairs.Count;

    /// <summary>Parses a raw query; '+' means a space here, as everywhere in queries.</summary>
    public static QueryParameters Parse(string rawQuery)
    {
        var result = new QueryParameters();
        var rest = rawQuery.AsSpan();
        while (!rest.IsEmpty)
        {
            var end = rest.IndexOf('&');
            var part = end < 0 ? rest : rest[..end];
            rest = end < 0 ? default : rest[(end + 1)..];
            if (part.IsEmpty)
            {
                continue;
            }

            var equals = part.IndexOf('=');
            var name = equals < 0 ? part : part[..equals];
            var value = equals < 0 ? default : part[(equals + 1)..];
            result.pairs.Add(new(Unescape(name), Unescape(value)));
        }

        return result;
    }

    /// <summary>The value; null when absent.</summary>
    public string? Get(string name)
    {
        foreach (var (key, value) in pairs)
        {
            if (key == name)
            {
                return value;
            }
        }

        return null;
    }

    /// <summary>True when the parameter is present, whatever its value.</summary>
    public bool Has(string name) => Get(name) is not null;

    /// <summary>A boolean parameter: absent, empty and unparsable count as false.</summary>
    public bool Flag(string name) => WireBoolean.IsTrue(Get(name));

    private static string Unescape(ReadOnlySpan<char> text) =>
        text.Contains('+') ? RequestPath.Decode(text.ToString().Replace('+', ' ')) : RequestPath.Decode(text);
}
