using System.Text.Json;

namespace Starling.Server.Api.Native.Buckets;

/// <summary>Actions <c>set-bprops</c> and <c>reset-bprops</c>. No job is started, so the answer is empty.</summary>
internal static class SetBucketProps
{
    public static async Task HandleAsync(ApiCall call, ActionMessage message)
    {
        if (message.Value is not { ValueKind: JsonValueKind.Object } patch)
        {
            throw ApiException.Invalid("field \"value\": bucket properties must be a JSON object");
        }

        await call.Services.Gateway!.Buckets.SetPropsAsync(call.Bucket(), patch.GetRawText(), call.RequestId, call.Cancelled);
        await call.EmptyAsync();
    }

    public static async Task ResetAsync(ApiCall call, ActionMessage message)
    {
        await call.Services.Gateway!.Buckets.ResetPropsAsync(call.Bucket(), call.RequestId, call.Cancelled);
        await call.EmptyAsync();
    }
}
