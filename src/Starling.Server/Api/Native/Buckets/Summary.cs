using System.Globalization;
using System.Text.Json;
using Starling.Gateway.Listing;

namespace Starling.Server.Api.Native.Buckets;

/// <summary>Action <c>summary-bck</c>: the first answer is always 202 with an id, whatever is known already.</summary>
internal static class Summary
{
    public static async Task HandleAsync(ApiCall call, ActionMessage message)
    {
        var bucket = await call.Services.Gateway!.Buckets.GetAsync(call.Bucket(), call.Cancelled);
        await AnswerAsync(call, message, () => [bucket.Name]);
    }

    public static Task HandleAllAsync(ApiCall call, ActionMessage message) =>
        AnswerAsync(call, message, () => [.. call.Services.Gateway!.Buckets.List(ListBuckets.ProviderOf(call), message.Name).Select(bucket => bucket.Name)]);

    public static void Write(Utf8JsonWriter json, BucketSummary summary)
    {
        json.WriteStartObject();
        ListBuckets.WriteIdentity(json, summary.Bucket);
        json.WriteStartObject("ObjCount");
        json.WriteString("obj_count_present", Text(summary.Count));
        json.WriteString("obj_count_remote", "0");
        json.WriteEndObject();
        json.WriteStartObject("ObjSize");
        json.WriteNumber("obj_min_size", summary.MinBytes);
        json.WriteNumber("obj_avg_size", summary.AverageBytes);
        json.WriteNumber("obj_max_size", summary.MaxBytes);
        json.WriteEndObject();
        json.WriteStartObject("TotalSize");
        json.WriteString("size_on_disk", Text(summary.TotalBytes));
        json.WriteString("size_all_present_objs", Text(summary.TotalBytes));
        json.WriteString("size_all_remote_objs", "0");
        json.WriteString("total_disks_size", "0");
        json.WriteEndObject();
        json.WriteNumber("used_pct", 0);
        json.WriteBoolean("is_present", true);
        json.WriteEndObject();
    }

    private static async Task AnswerAsync(ApiCall call, ActionMessage message, Func<IReadOnlyList<Core.Names.BucketName>> buckets)
    {
        var summaries = call.Services.Gateway!.Summaries;
        var id = ActionMessage.TextMember(message.Value, "uuid");
        if (id.Length == 0)
        {
            await call.TextAsync(summaries.Start(buckets(), ActionMessage.TextMember(message.Value, "prefix")), 202);
            return;
        }

        var status = await summaries.FindAsync(id);
        if (status.Result is not { } result)
        {
            await call.JsonAsync("[]", 202);
            return;
        }

        await call.JsonAsync(JsonText.Write(json =>
        {
            json.WriteStartArray();
            foreach (var summary in result)
            {
                Write(json, summary);
            }

            json.WriteEndArray();
        }));
    }

    private static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}
