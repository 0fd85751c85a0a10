using System.Text.Json;

namespace Starling.Server.Api.Native.Buckets;

/// <summary>Action <c>create-bck</c>.</summary>
internal static class CreateBucket
{
    public static async Task HandleAsync(ApiCall call, ActionMessage message)
    {
        if (message.Value is { ValueKind: not JsonValueKind.Object })
        {
            throw ApiException.Invalid("field \"value\": bucket properties must be a JSON object");
        }

        await call.Services.Gateway!.Buckets.CreateAsync(call.Bucket(), message.Value?.GetRawText() ?? string.Empty, call.RequestId, call.Cancelled);
        await call.EmptyAsync();
    }
}
