using System.Text.Json;

namespace Starling.Protocol.Operations.Guards;

/// <summary>G6: every erasure-coded bucket keeps data + parity + 1 active targets.</summary>
internal static class ErasureCoding
{
    public const string Name = "ec";

    public static string? Refuse(GuardQuestion question)
    {
        if (question.Leaving.IsEmpty)
        {
            return null;
        }

        foreach (var bucket in question.State.Buckets.Values)
        {
            var slices = Slices(bucket.Props.Json);
            if (slices > 0 && question.Remaining.Length < slices + 1)
            {
                return $"bucket \"{bucket.Name.Cname}\" is erasure-coded over {slices} slices and needs {slices + 1} active targets, {question.Remaining.Length} would be left";
            }
        }

        return null;
    }

    /// <summary>Data plus parity slices; 0 when the bucket is not erasure-coded.</summary>
    public static int Slices(string propsJson)
    {
        using var document = JsonDocument.Parse(propsJson.Length == 0 ? "{}" : propsJson);
        return document.RootElement.TryGetProperty("ec", out var section) && section.ValueKind == JsonValueKind.Object
            && section.TryGetProperty("enabled", out var enabled) && enabled.ValueKind == JsonValueKind.True
            ? Number(section, "data_slices") + Number(section, "parity_slices")
            : 0;
    }

    private static int Number(JsonElement section, string name) =>
        section.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : 0;
}
