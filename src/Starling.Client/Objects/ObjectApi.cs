using System.Globalization;
using System.Net.Http.Headers;
using Starling.Client.Transport;
using Starling.Core.Names;

namespace Starling.Client.Objects;

/// <summary>Calls on one object.</summary>
public sealed class ObjectApi
{
    private static readonly MediaTypeHeaderValue OctetStream = new("application/octet-stream");

    private readonly HttpTransport transport;
    private readonly StarlingClientOptions options;

    internal ObjectApi(HttpTransport transport, StarlingClientOptions options)
    {
        this.transport = transport;
        this.options = options;
    }

    /// <summary>Stores an object.</summary>
    /// <param name="bucket">The bucket; must exist.</param>
    /// <param name="name">The object's name.</param>
    /// <param name="openBody">Opens the bytes from the start; called once per attempt, the stream is disposed by the client.</param>
    /// <param name="lengthBytes">Length of the body; null sends it chunked.</param>
    /// <param name="put">Checksum, metadata, conditions.</param>
    /// <param name="cancellation">Gives up; the outcome is then not known.</param>
    /// <returns>Properties of the stored object as the server answered them.</returns>
    public async Task<ObjectProperties> PutAsync(
        BucketName bucket, string name, Func<Stream> openBody, long? lengthBytes, PutOptions? put = null, CancellationToken cancellation = default)
    {
        using var response = await SendBodyAsync(bucket, name, openBody, lengthBytes, put, cancellation).ConfigureAwait(false);
        return ObjectProperties.From(response);
    }

    /// <summary>As <see cref="PutAsync(BucketName, string, Func{Stream}, long?, PutOptions?, CancellationToken)"/>, for callers whom the answer's properties do not interest.</summary>
    public async Task StoreAsync(
        BucketName bucket, string name, Func<Stream> openBody, long? lengthBytes, PutOptions? put = null, CancellationToken cancellation = default)
    {
        using var response = await SendBodyAsync(bucket, name, openBody, lengthBytes, put, cancellation).ConfigureAwait(false);
    }

    /// <summary>Stores an object whose bytes are in memory.</summary>
    public Task<ObjectProperties> PutAsync(BucketName bucket, string name, ReadOnlyMemory<byte> body, PutOptions? put = null, CancellationToken cancellation = default)
    {
        if (!System.Runtime.InteropServices.MemoryMarshal.TryGetArray(body, out var bytes))
        {
            bytes = new ArraySegment<byte>(body.ToArray());
        }

        return PutAsync(bucket, name, () => new MemoryStream(bytes.Array!, bytes.Offset, bytes.Count, writable: false), body.Length, put, cancellation);
    }

    /// <summary>Opens an object for reading.</summary>
    /// <param name="bucket">The bucket.</param>
    /// <param name="name">The object's name.</param>
    /// <param name="range">First byte and, inclusive, last byte; an open end reads to the end of the object. Null reads everything.</param>
    /// <param name="direct">A target to ask first; null goes through a gateway.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<ObjectBody> GetAsync(
        BucketName bucket, string name, (long From, long? To)? range = null, Uri? direct = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(bucket);
        var headers = range is { } bounds
            ? [KeyValuePair.Create("Range", string.Create(CultureInfo.InvariantCulture, $"bytes={bounds.From}-{bounds.To}"))]
            : Array.Empty<KeyValuePair<string, string>>();
        var response = await transport.SendAsync(
            new ApiRequest(HttpMethod.Get, Paths.Object(bucket, name)) { Headers = headers, Direct = direct, Timeout = options.ObjectTimeout },
            cancellation).ConfigureAwait(false);
        var stream = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        var node = response.RequestMessage?.RequestUri?.Authority ?? transport.Endpoint.Authority;
        return new ObjectBody(response, new IdleTimeoutStream(stream, options.ObjectTimeout, options.Time, node));
    }

    /// <summary>Properties of an object, every one the server has (HEAD without a list of properties).</summary>
    public Task<ObjectProperties> HeadAsync(BucketName bucket, string name, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(bucket);
        return HeadCoreAsync(Paths.Object(bucket, name, ("presence", "0")), cancellation);
    }

    /// <summary>Chosen properties of an object.</summary>
    /// <param name="bucket">The bucket.</param>
    /// <param name="name">The object's name.</param>
    /// <param name="properties">Any of name, size, checksum, atime, version, custom, location, copies, ec, chunked, last-modified, etag; comma-separated.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task<ObjectProperties> HeadAsync(BucketName bucket, string name, string properties, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(bucket);
        return HeadCoreAsync(Paths.Object(bucket, name, ("presence", "0"), ("props", properties)), cancellation);
    }

    /// <summary>Deletes an object.</summary>
    /// <exception cref="ApiException">404 when it is proven not to exist.</exception>
    public async Task DeleteAsync(BucketName bucket, string name, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(bucket);
        using var response = await transport.SendAsync(
            new ApiRequest(HttpMethod.Delete, Paths.Object(bucket, name)) { Timeout = options.ControlTimeout }, cancellation).ConfigureAwait(false);
    }

    private Task<HttpResponseMessage> SendBodyAsync(
        BucketName bucket, string name, Func<Stream> openBody, long? lengthBytes, PutOptions? put, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(bucket);
        ArgumentNullException.ThrowIfNull(openBody);
        put ??= PutOptions.Default;
        return transport.SendAsync(
            new ApiRequest(HttpMethod.Put, put.Direct is null ? Paths.Object(bucket, name) : DirectPath(bucket, name, put))
            {
                Headers = PutHeaders(put),
                Body = () => BodyOf(openBody(), lengthBytes),
                BodyLength = lengthBytes,
                RepeatAfterCut = put.RepeatAfterCut,
                Direct = put.Direct,
                Timeout = options.ObjectTimeout,
            },
            cancellation);
    }

    private async Task<ObjectProperties> HeadCoreAsync(string path, CancellationToken cancellation)
    {
        using var response = await transport.SendAsync(new ApiRequest(HttpMethod.Head, path) { Timeout = options.ControlTimeout }, cancellation).ConfigureAwait(false);
        return ObjectProperties.From(response);
    }

    /// <summary>The path with the marks of a redirect: which gateway, and when (Unix time, nanoseconds).</summary>
    private string DirectPath(BucketName bucket, string name, PutOptions put)
    {
        var nowNs = (options.Time.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks * 100;
        return Paths.Object(bucket, name, ("pid", put.DirectVia), ("utm", nowNs.ToString(CultureInfo.InvariantCulture)));
    }

    private static List<KeyValuePair<string, string>> PutHeaders(PutOptions put)
    {
        var headers = new List<KeyValuePair<string, string>>();
        Add("Ais-Checksum-Type", put.ChecksumType);
        Add("Ais-Checksum-Value", put.ChecksumValue);
        Add("If-Match", put.IfMatch);
        Add("If-None-Match", put.IfNoneMatch);
        foreach (var (key, value) in put.Custom)
        {
            Add("Ais-Custom-Md", $"{key}={value}");
        }

        return headers;

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                headers.Add(KeyValuePair.Create(name, value));
            }
        }
    }

    private static StreamContent BodyOf(Stream stream, long? lengthBytes)
    {
        var content = new StreamContent(stream, 256 * 1024);
        content.Headers.ContentType = OctetStream;
        content.Headers.ContentLength = lengthBytes;
        return content;
    }
}
