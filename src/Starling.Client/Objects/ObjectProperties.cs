using System.Globalization;

namespace Starling.Client.Objects;

/// <summary>What the headers of an answer say about an object. Members that the server did not send are empty, zero or null.</summary>
public sealed record ObjectProperties
{
    /// <summary>Size of the whole object in bytes; for a range answer too.</summary>
    public long SizeBytes { get; init; }

    /// <summary>Type of the checksum, for example <c>xxhash2</c>; empty when there is none.</summary>
    public string ChecksumType { get; init; } = string.Empty;

    /// <summary>Checksum of the whole object in lower-case hex; empty when there is none.</summary>
    public string ChecksumValue { get; init; } = string.Empty;

    /// <summary>Version, decimal; empty when the bucket is not versioned.</summary>
    public string Version { get; init; } = string.Empty;

    /// <summary>Time of last access; null when not sent.</summary>
    public DateTimeOffset? AccessTime { get; init; }

    /// <summary>Custom metadata.</summary>
    public IReadOnlyDictionary<string, string> Custom { get; init; } = new Dictionary<string, string>();

    /// <summary>Where the object lies, for example <c>t[kOHt8086]:mp[/data/1]</c>; empty when not sent.</summary>
    public string Location { get; init; } = string.Empty;

    /// <summary>Number of copies, 0 when not sent.</summary>
    public int Copies { get; init; }

    /// <summary>Number of chunks, 0 when the object is not chunked.</summary>
    public int Chunks { get; init; }

    /// <summary>Entity tag as sent, quotes included; empty when not sent.</summary>
    public string EntityTag { get; init; } = string.Empty;

    /// <summary>All headers that begin with <c>Ais-</c>, values of a repeated one joined by a comma.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; init; } = new Dictionary<string, string>();

    internal static ObjectProperties From(HttpResponseMessage response)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var custom = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, values) in response.Headers)
        {
            if (!name.StartsWith("Ais-", StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            headers[name] = string.Join(",", values);
            if (name.Equals("Ais-Custom-Md", StringComparison.OrdinalIgnoreCase))
            {
                foreach (var pair in values)
                {
                    var equals = pair.IndexOf('=', StringComparison.Ordinal);
                    custom[equals < 0 ? pair : pair[..equals]] = equals < 0 ? string.Empty : pair[(equals + 1)..];
                }
            }
        }

        return new ObjectProperties
        {
            SizeBytes = response.Content.Headers.ContentRange?.Length ?? response.Content.Headers.ContentLength ?? 0,
            ChecksumType = Text("Ais-Checksum-Type"),
            ChecksumValue = Text("Ais-Checksum-Value"),
            Version = Text("Ais-Version"),
            AccessTime = AccessTimeOf(Text("Ais-Atime")),
            Custom = custom,
            Location = Text("Ais-Location"),
            Copies = Number("Ais-Mirror-Copies"),
            Chunks = Number("Ais-Chunks-Count"),
            EntityTag = response.Headers.ETag?.ToString() ?? (response.Headers.TryGetValues("ETag", out var tags) ? tags.First() : string.Empty),
            Headers = headers,
        };

        string Text(string name) => headers.GetValueOrDefault(name, string.Empty);

        int Number(string name) => int.TryParse(Text(name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
    }

    private static DateTimeOffset? AccessTimeOf(string nanoseconds) =>
        long.TryParse(nanoseconds, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value > 0
            ? DateTimeOffset.UnixEpoch.AddTicks(value / TimeSpan.NanosecondsPerTick)
            : null;
}
