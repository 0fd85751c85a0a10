using Starling.Protocol.Membership;

namespace Starling.Protocol.Operations.Guards;

/// <summary>G9: erasure-coded data that is short of a silent target already does not lose another one.</summary>
internal static class DownNodes
{
    public const string Name = "down-nodes";

    public static string? Refuse(GuardQuestion question)
    {
        if (question.Leaving.IsEmpty || !question.State.Buckets.Values.Any(b => ErasureCoding.Slices(b.Props.Json) > 0))
        {
            return null;
        }

        var down = question.Remaining.Where(id => question.Facts.Of(id)?.Liveness is Liveness.Suspect or Liveness.Offline).ToList();
        return down.Count == 0 ? null : $"targets {string.Join(", ", down)} do not answer, and erasure-coded buckets depend on them";
    }
}
