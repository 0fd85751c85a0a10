using Starling.Protocol.Identity;

namespace Starling.Protocol.State;

/// <summary>Who led when the last no-op was applied.</summary>
/// <param name="Identity">Node, incarnation and session.</param>
/// <param name="Term">Its term.</param>
/// <param name="IsGateway">False for a caretaker (rule A4): on the wire such a cluster has no primary.</param>
public sealed record LeaderInfo(NodeIdentity Identity, long Term, bool IsGateway);

/// <summary>Versions of the projections; each grows and never goes back.</summary>
/// <param name="Smap">Grows by 1 per change of members and by 100 per change of leader.</param>
/// <param name="Bmd">Grows by 1 per change of buckets.</param>
/// <param name="Rmd">Grows by 1 per placement epoch.</param>
/// <param name="Conf">Grows by 1 per change of the configuration.</param>
public readonly record struct MetadataVersions(long Smap, long Bmd, long Rmd, long Conf);
