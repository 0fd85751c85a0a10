using Starling.Cluster.Listing;

namespace Starling.Gateway.Listing;

/// <summary>One page.</summary>
/// <param name="Uuid">The listing's id.</param>
/// <param name="Token">Where the next page begins; empty at the end.</param>
/// <param name="Entries">Names in byte order, no name twice.</param>
/// <param name="IsPartial">A target did not answer and the client asked for what there is.</param>
public sealed record ListPage(string Uuid, string Token, IReadOnlyList<ListEntry> Entries, bool IsPartial);
