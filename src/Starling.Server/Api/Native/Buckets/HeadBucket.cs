using System.Text;
using Starling.Protocol.State;

namespace Starling.Server.Api.Native.Buckets;

/// <summary>HEAD of a bucket: its properties in a header; with <c>bsumm_remote</c> also what it holds, by the 202, 206, 200 protocol.</summary>
internal static class HeadBucket
{
    public static async Task HandleAsync(ApiCall call)
    {
        var name = call.Bucket();
        var prefix = call.Path.Count > 3 ? call.Path.Rest(3) : string.Empty;
        var summarize = !string.IsNullOrEmpty(call.Query.Get("bsumm_remote"));
        if (prefix.Length > 0 && !summarize)
        {
            throw ApiException.Invalid($"a prefix (\"{prefix}\") needs the query parameter \"bsumm_remote\"");
        }

        var gateway = call.Services.Gateway!;
        var bucket = await gateway.Buckets.GetAsync(name, call.Cancelled);
        WriteProps(call, bucket);
        if (!summarize)
        {
            call.Response.ContentLength = 0;
            return;
        }

        if (call.Query.Get("uuid") is not { Length: > 0 } id)
        {
            call.Response.Headers["Ais-Xaction-Id"] = gateway.Summaries.Start([name], prefix);
            await call.EmptyAsync(202);
            return;
        }

        var status = await gateway.Summaries.FindAsync(id);
        call.Response.Headers["Ais-Xaction-Id"] = id;
        if (status.Result is not { } result)
        {
            await call.EmptyAsync(202);
            return;
        }

        call.Response.Headers["Ais-Bucket-Summ"] = Encoding.UTF8.GetString(JsonText.Write(json => Summary.Write(json, result[0])));
        await call.EmptyAsync();
    }

    private static void WriteProps(ApiCall call, BucketEntry bucket) => call.Response.Headers["Ais-Bucket-Props"] = BucketPropsText.Of(bucket);
}
