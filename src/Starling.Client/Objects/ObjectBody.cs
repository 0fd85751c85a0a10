namespace Starling.Client.Objects;

/// <summary>An object on its way: its properties, and the stream of its bytes. Dispose it to give the connection back.</summary>
public sealed class ObjectBody : IDisposable, IAsyncDisposable
{
    private readonly HttpResponseMessage response;

    internal ObjectBody(HttpResponseMessage response, Stream stream)
    {
        this.response = response;
        Stream = stream;
    }

    /// <summary>Properties from the answer's headers.</summary>
    public ObjectProperties Properties => field ??= ObjectProperties.From(response);

    /// <summary>Bytes that the stream will give; null when the server did not say.</summary>
    public long? LengthBytes => response.Content.Headers.ContentLength;

    /// <summary>The bytes. A read that gets nothing for the client's object timeout throws <see cref="TimeoutException"/>; a body that ends early, <see cref="UnreachableException"/>.</summary>
    public Stream Stream { get; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Stream.Dispose();
        response.Dispose();
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Stream.DisposeAsync().ConfigureAwait(false);
        response.Dispose();
    }
}
