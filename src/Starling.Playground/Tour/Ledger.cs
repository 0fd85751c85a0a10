using System.Collections.Concurrent;

namespace Starling.Playground.Tour;

/// <summary>What the bucket must hold, by what was acknowledged. A name belongs to one writer, so its entry is never in doubt.</summary>
internal sealed class Ledger
{
    private readonly ConcurrentDictionary<string, Content?> entries = new(StringComparer.Ordinal);

    public void Put(string name, Content content) => entries[name] = content;

    /// <summary>The name must answer 404 from now on.</summary>
    public void Delete(string name) => entries[name] = null;

    public Content? Expected(string name) => entries.GetValueOrDefault(name);

    public string[] LiveNames() => [.. entries.Where(entry => entry.Value is not null).Select(entry => entry.Key).Order(StringComparer.Ordinal)];

    public string[] DeletedNames() => [.. entries.Where(entry => entry.Value is null).Select(entry => entry.Key).Order(StringComparer.Ordinal)];
}
