using System.Text.Json;

namespace Starling.Protocol.Operations.Guards;

/// <summary>G4: what leaves fits on the targets that stay, below the high watermark, with a margin of 5 %.</summary>
internal static class Capacity
{
    public const string Name = "capacity";

    private const int MarginPercent = 105;
    private const int DefaultHighPercent = 90;

    public static string? Refuse(GuardQuestion question)
    {
        if (question.Options.NoRebalance)
        {
            return null;
        }

        var leaving = question.Leaving.Aggregate((Int128)0, (sum, id) => sum + (question.Facts.Of(id)?.UsedBytes ?? 0));
        var weights = question.Remaining.Sum(id => (long)question.State.Newest.WeightOf(id));
        foreach (var id in question.Remaining)
        {
            // A target whose disks are not known yet is not judged: it reports them within a second of its first lease.
            if (question.Facts.Of(id) is not { CapacityBytes: > 0 } fact)
            {
                continue;
            }

            var predicted = fact.UsedBytes + (leaving * MarginPercent * question.State.Newest.WeightOf(id) / (100 * weights));
            var high = HighPercent(question.State.Config.Json);
            if (predicted * 100 > (Int128)fact.CapacityBytes * high)
            {
                return $"target {id} would use {predicted * 100 / fact.CapacityBytes} % of its space or more, the high watermark is {high} %";
            }
        }

        return null;
    }

    private static int HighPercent(string json)
    {
        using var document = JsonDocument.Parse(json.Length == 0 ? "{}" : json);
        return document.RootElement.TryGetProperty("space", out var space) && space.ValueKind == JsonValueKind.Object
            && space.TryGetProperty("highwm", out var high) && high.ValueKind == JsonValueKind.Number && high.TryGetInt32(out var percent)
            ? percent
            : DefaultHighPercent;
    }
}
