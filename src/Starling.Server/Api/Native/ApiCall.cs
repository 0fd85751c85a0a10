using System.Buffers;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Starling.Core.Names;

namespace Starling.Server.Api.Native;

/// <summary>One request on its way through a handler: parsed parts, services, and the few ways to answer.</summary>
internal sealed class ApiCall
{
    private QueryParameters? query;

    public ApiCall(HttpContext context, ApiServices services, Listeners listener, RequestPath path)
    {
        Http = context;
        Services = services;
        Listener = listener;
        Path = path;
    }

    public HttpContext Http { get; }

    public ApiServices Services { get; }

    public Listeners Listener { get; }

    public RequestPath Path { get; }

    public HttpRequest Request => Http.Request;

    public HttpResponse Response => Http.Response;

    public QueryParameters Query => query ??= QueryParameters.Parse(Path.RawQuery);

    /// <summary>Id of the request: the client's own, else one made here. In logs, in errors, on every hop, and what deduplicates retries of changes.</summary>
    public string RequestId => Http.TraceIdentifier;

    public CancellationToken Cancelled => Http.RequestAborted;

    public bool IsHead => HttpMethods.IsHead(Request.Method);

    /// <summary>The bucket named by a path item and the query's provider and namespace.</summary>
    /// <exception cref="ApiException">The name breaks a rule: 400.</exception>
    public BucketName Bucket(int pathItem = 2)
    {
        if (Query.Count > QueryParameters.MaxCount)
        {
            throw ApiException.Invalid($"too many query parameters: {Query.Count}, at most {QueryParameters.MaxCount} are allowed");
        }

        var provider = Query.Get("provider");
        if (BucketName.TryParse(provider, Query.Get("namespace"), Path.Item(pathItem), out var bucket, out var error))
        {
            return bucket;
        }

        throw new ApiException(400, error, error.StartsWith("invalid backend provider", StringComparison.Ordinal) ? "ErrInvalidBackendProvider" : null);
    }

    /// <summary>The object named by the path.</summary>
    /// <exception cref="ApiException">The name breaks a rule: 400.</exception>
    public ObjectName Object()
    {
        var bucket = Bucket();
        return ObjectName.TryParse(bucket, Path.Rest(3), out var name, out var error) ? name : throw ApiException.Invalid(error);
    }

    /// <summary>Reads a small body whole.</summary>
    /// <exception cref="ApiException">Larger than the limit: 413.</exception>
    public async Task<byte[]> ReadBodyAsync(int maxBytes = ActionMessage.MaxBodyBytes)
    {
        if (Request.ContentLength is 0 || (Request.ContentLength is null && Request.Headers.TransferEncoding.Count == 0))
        {
            return [];
        }

        if (Request.ContentLength > maxBytes)
        {
            throw new ApiException(413, $"request body of {Request.ContentLength} bytes is larger than the limit of {maxBytes}");
        }

        while (true)
        {
            var result = await Request.BodyReader.ReadAsync(Cancelled);
            if (result.Buffer.Length > maxBytes)
            {
                Request.BodyReader.AdvanceTo(result.Buffer.End);
                throw new ApiException(413, $"request body is larger than the limit of {maxBytes} bytes");
            }

            if (result.IsCompleted)
            {
                var body = result.Buffer.ToArray();
                Request.BodyReader.AdvanceTo(result.Buffer.End);
                return body;
            }

            Request.BodyReader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }

    /// <summary>Reads the action message of a control call.</summary>
    public async Task<ActionMessage> ReadActionAsync() => ActionMessage.Parse(await ReadBodyAsync());

    /// <summary>Lets a body of any length in.</summary>
    public void AllowLargeBody()
    {
        if (Http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
        {
            feature.MaxRequestBodySize = null;
        }
    }

    /// <summary>Answers with text: ids, versions, logs.</summary>
    public Task TextAsync(string text, int status = 200) => BytesAsync(Encoding.UTF8.GetBytes(text), "text/plain; charset=utf-8", status);

    /// <summary>Answers with JSON.</summary>
    public Task JsonAsync(ReadOnlyMemory<byte> json, int status = 200) => BytesAsync(json, "application/json; charset=utf-8", status);

    /// <summary>Answers with JSON text made elsewhere.</summary>
    public Task JsonAsync(string json, int status = 200) => JsonAsync(Encoding.UTF8.GetBytes(json), status);

    /// <summary>Answers with no body.</summary>
    public Task EmptyAsync(int status = 200)
    {
        BodyDrain.Prepare(Http);
        Response.StatusCode = status;
        if (status is not 204)
        {
            Response.ContentLength = 0;
        }

        return Task.CompletedTask;
    }

    /// <summary>Answers with bytes.</summary>
    public async Task BytesAsync(ReadOnlyMemory<byte> bytes, string contentType, int status = 200)
    {
        BodyDrain.Prepare(Http);
        Response.StatusCode = status;
        Response.ContentType = contentType;
        Response.ContentLength = bytes.Length;
        if (!IsHead)
        {
            await Response.Body.WriteAsync(bytes, Cancelled);
        }
    }
}
