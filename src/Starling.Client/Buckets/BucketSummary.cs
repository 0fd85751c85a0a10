namespace Starling.Client.Buckets;

/// <summary>Totals of one bucket.</summary>
/// <param name="Cname">Canonical name, for example <c>ais://demo</c>.</param>
/// <param name="ObjectCount">Objects present in the cluster.</param>
/// <param name="ApparentSizeBytes">Sum of the objects' sizes.</param>
/// <param name="DiskSizeBytes">Space taken on disk, copies included.</param>
/// <param name="UsedPercent">Share of the cluster's capacity, 0 to 100.</param>
public sealed record BucketSummary(string Cname, long ObjectCount, long ApparentSizeBytes, long DiskSizeBytes, int UsedPercent);
