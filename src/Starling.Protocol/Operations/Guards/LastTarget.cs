namespace Starling.Protocol.Operations.Guards;

/// <summary>G1: somebody must be left to hold the objects.</summary>
internal static class LastTarget
{
    public const string Name = "last-target";

    public static string? Refuse(GuardQuestion question) => question.Leaving.Length > 0 && question.Remaining.IsEmpty && question.State.Buckets.Count > 0
        ? $"no active target would be left for {question.State.Buckets.Count} buckets"
        : null;
}
