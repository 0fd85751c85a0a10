using System.Security.Cryptography;
using Starling.Core.Errors;
using Starling.Core.Names;

namespace Starling.Gateway.Listing;

/// <summary>What a bucket holds.</summary>
/// <param name="Bucket">The bucket.</param>
/// <param name="Count">Objects.</param>
/// <param name="TotalBytes">Their sizes together.</param>
/// <param name="MinBytes">The smallest; 0 without objects.</param>
/// <param name="MaxBytes">The largest; 0 without objects.</param>
public sealed record BucketSummary(BucketName Bucket, long Count, long TotalBytes, long MinBytes, long MaxBytes)
{
    /// <summary>Mean size, bytes.</summary>
    public long AverageBytes => Count == 0 ? 0 : TotalBytes / Count;
}

/// <summary>State of a summary that was asked for.</summary>
/// <param name="Result">The result; null while it runs.</param>
public readonly record struct SummaryStatus(IReadOnlyList<BucketSummary>? Result);

/// <summary>Counts what buckets hold. Asynchronous on the wire: the first answer is always an id, results are fetched with it afterwards.</summary>
public sealed class SummaryService : IDisposable
{
    private const int MaxRemembered = 100;

    private readonly ListMerge lists;
    private readonly CancellationTokenSource stopping = new();
    private readonly Lock gate = new();
    private readonly LinkedList<(string Id, Task<IReadOnlyList<BucketSummary>> Task)> summaries = new();

    /// <summary>Composes the service.</summary>
    public SummaryService(ListMerge lists)
    {
        this.lists = lists;
    }

    /// <summary>Starts to count; the id under which <see cref="FindAsync"/> gives the result.</summary>
    public string Start(IReadOnlyList<BucketName> buckets, string prefix)
    {
        ArgumentNullException.ThrowIfNull(buckets);
        var id = RandomNumberGenerator.GetString("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", 10);
        lock (gate)
        {
            summaries.AddLast((id, CountAsync(buckets, prefix, stopping.Token)));
            if (summaries.Count > MaxRemembered)
            {
                summaries.RemoveFirst();
            }
        }

        return id;
    }

    /// <summary>How far a summary is.</summary>
    /// <exception cref="StoreException">JobNotFound, or why counting failed.</exception>
    public async Task<SummaryStatus> FindAsync(string id)
    {
        Task<IReadOnlyList<BucketSummary>>? found = null;
        lock (gate)
        {
            foreach (var (key, task) in summaries)
            {
                found = key == id ? task : found;
            }
        }

        if (found is null)
        {
            throw new StoreException(ErrorCode.JobNotFound, $"summary \"{id}\" does not exist");
        }

        return found.IsCompleted ? new SummaryStatus(await found) : default;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        stopping.Cancel();
        stopping.Dispose();
    }

    private async Task<IReadOnlyList<BucketSummary>> CountAsync(IReadOnlyList<BucketName> buckets, string prefix, CancellationToken cancellationToken)
    {
        await Task.Yield();
        var result = new List<BucketSummary>();
        foreach (var bucket in buckets)
        {
            result.Add(await CountAsync(bucket, prefix, cancellationToken));
        }

        return result;
    }

    private async Task<BucketSummary> CountAsync(BucketName bucket, string prefix, CancellationToken cancellationToken)
    {
        long count = 0, total = 0, min = long.MaxValue, max = 0;
        var query = new ListQuery { Bucket = bucket, Prefix = prefix, WithSizes = true };
        while (true)
        {
            var page = await lists.PageAsync(query, cancellationToken);
            foreach (var entry in page.Entries)
            {
                var size = Math.Max(0, entry.SizeBytes);
                count++;
                total += size;
                min = Math.Min(min, size);
                max = Math.Max(max, size);
            }

            if (page.Token.Length == 0)
            {
                return new BucketSummary(bucket, count, total, count == 0 ? 0 : min, max);
            }

            query = query with { Uuid = page.Uuid, Token = page.Token };
        }
    }
}
