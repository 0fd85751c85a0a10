using System.Globalization;

namespace Starling.Server.Api.Native.Intra;

/// <summary>A gateway waits until this target has applied an index.</summary>
internal static class AppliedEndpoint
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);

    public static async Task HandleAsync(ApiCall call)
    {
        if (!long.TryParse(call.Query.Get("index"), NumberStyles.None, CultureInfo.InvariantCulture, out var index))
        {
            throw ApiException.Invalid("parameter \"index\" must be a number");
        }

        await call.Services.Runtime.View.WaitForAsync(seen => seen.AppliedIndex >= index, $"log index {index}", Timeout, call.Cancelled);
        await call.EmptyAsync();
    }
}
