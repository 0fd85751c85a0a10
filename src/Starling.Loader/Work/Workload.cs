using System.Buffers;
using System.Diagnostics;
using Starling.Client;
using Starling.Client.Buckets;
using Starling.Client.Objects;
using Starling.Core.Hashing;
using Starling.Core.Names;
using Starling.Loader.Names;
using Starling.Loader.Options;
using Starling.Loader.Report;
using UnreachableException = Starling.Client.UnreachableException;

namespace Starling.Loader.Work;

/// <summary>Why a run ends before its time.</summary>
internal sealed record StopReason(string Text, bool IsError);

/// <summary>The workers and what they do. One instance per run.</summary>
internal sealed class Workload(LoaderOptions options, StarlingClient[] clients, OwnerMap? owners, BucketName bucket, NamePool names, PutNames putNames, Random random) : IDisposable
{
    private readonly PutData data = new(random);
    private readonly CancellationTokenSource ending = new();
    private readonly long startTimestamp = Stopwatch.GetTimestamp();
    private long requests;
    private long puts;
    private long putBytes;
    private long createdNames;
    private long gets;
    private int pending;
    private StopReason? stopReason;

    public OperationStats Puts { get; } = new("PUT");

    public OperationStats Gets { get; } = new("GET");

    public int Pending => Volatile.Read(ref pending);

    /// <summary>New names that were acknowledged.</summary>
    public long CreatedNames => Interlocked.Read(ref createdNames);

    public StopReason? Stopped => Volatile.Read(ref stopReason);

    /// <summary>Cancelled when the run is over for whatever reason.</summary>
    public CancellationToken Ending => ending.Token;

    private long GetLimit => options.Epochs > 0 && options.PutPercent == 0 ? (long)options.Epochs * names.Count : long.MaxValue;

    public void Dispose() => ending.Dispose();

    /// <summary>Runs until a bound is reached or somebody stops it; requests under way finish.</summary>
    public async Task RunAsync()
    {
        if (options.Duration != LoaderOptions.Unlimited)
        {
            ending.CancelAfter(options.Duration);
        }

        await Task.WhenAll(Enumerable.Range(0, options.Workers).Select(i => Task.Factory.StartNew(
            () => WorkAsync(i), CancellationToken.None, TaskCreationOptions.DenyChildAttach, TaskScheduler.Default).Unwrap()));
    }

    public void Stop(StopReason reason)
    {
        Interlocked.CompareExchange(ref stopReason, reason, null);
        ending.Cancel();
    }

    private async Task WorkAsync(int worker)
    {
        while (!ending.IsCancellationRequested)
        {
            var number = Interlocked.Increment(ref requests) - 1;
            var due = await DueAsync(number);
            if (due < 0)
            {
                return;
            }

            Interlocked.Increment(ref pending);
            try
            {
                var client = clients[options.RandomGateway ? (int)(Rendezvous(number, 3) % (ulong)clients.Length) : 0];
                await (IsPut(number) ? PutNewAsync(client, number, due) : GetAsync(client, number, due));
            }
            finally
            {
                Interlocked.Decrement(ref pending);
            }
        }
    }

    /// <summary>When the request is due: now, or in an open loop its place in the schedule, whether or not the store keeps up.</summary>
    private async ValueTask<long> DueAsync(long number)
    {
        if (options.RatePerSecond == 0)
        {
            return Stopwatch.GetTimestamp();
        }

        var due = startTimestamp + (long)((double)number / options.RatePerSecond * Stopwatch.Frequency);
        var early = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
        if (early > TimeSpan.FromMilliseconds(1))
        {
            try
            {
                await Task.Delay(early, ending.Token);
            }
            catch (OperationCanceledException)
            {
                return -1;
            }
        }

        return due;
    }

    /// <summary>The same mix for any seed: decided by a hash of the request's number.</summary>
    private bool IsPut(long number) => options.PutPercent == 100 || (options.PutPercent > 0 && Rendezvous(number, 1) % 100 < (ulong)options.PutPercent);

    private static ulong Rendezvous(long number, ulong salt) => Core.Placement.Rendezvous.Mix((ulong)number ^ (salt << 56));

    private async Task PutNewAsync(StarlingClient client, long number, long due)
    {
        if (options.MaxPuts > 0 && Interlocked.Increment(ref puts) > options.MaxPuts)
        {
            Stop(new StopReason($"reached -maxputs={options.MaxPuts}", IsError: false));
            return;
        }

        var name = putNames.Next();
        if (await PutAsync(client, name, number, due))
        {
            Interlocked.Increment(ref createdNames);
            names.Add(name);
        }
    }

    private async Task<bool> PutAsync(StarlingClient client, string name, long number, long due)
    {
        var size = options.MinSizeBytes + (long)(Rendezvous(number, 2) % (ulong)(options.MaxSizeBytes - options.MinSizeBytes + 1));
        if (options.TotalPutSizeBytes > 0 && Interlocked.Add(ref putBytes, size) > options.TotalPutSizeBytes)
        {
            Stop(new StopReason($"reached -totalputsize={options.TotalPutSizeBytes}", IsError: false));
            return false;
        }

        var put = owners is null ? null : PutOptions.Default with { Direct = owners.Owner(bucket, name), DirectVia = owners.GatewayId };
        try
        {
            await client.Objects.StoreAsync(bucket, name, () => data.Open(size, number), size, put);
            Puts.Add(ElapsedNs(due), size);
            return true;
        }
        catch (Exception e) when (IsRequestError(e))
        {
            await ErrorAsync(Puts, "PUT", name, e, fatal: false);
            return false;
        }
    }

    private async Task GetAsync(StarlingClient client, long number, long due)
    {
        if (Interlocked.Increment(ref gets) > GetLimit)
        {
            Stop(new StopReason("all epochs done", IsError: false));
            return;
        }

        if (names.Next() is not { } name)
        {
            Stop(new StopReason("nothing to read: the bucket is empty", IsError: true));
            return;
        }

        try
        {
            var size = await ReadAsync(client, name);
            Gets.Add(ElapsedNs(due), size);
            if (options.UpdatePercent > 0 && Rendezvous(number, 4) % 100 < (ulong)options.UpdatePercent)
            {
                await PutAsync(client, name, number, Stopwatch.GetTimestamp());
            }
        }
        catch (Exception e) when (IsRequestError(e) || e is InvalidDataException)
        {
            await ErrorAsync(Gets, "GET", name, e, fatal: !options.ContinueOnError);
        }
    }

    private async Task<long> ReadAsync(StarlingClient client, string name)
    {
        (long From, long? To)? range = options.ReadOffsetBytes is { } offset ? (offset, options.ReadLengthBytes is { } length ? offset + length - 1 : null) : null;
        await using var body = await client.Objects.GetAsync(bucket, name, range, owners?.Owner(bucket, name));
        var buffer = ArrayPool<byte>.Shared.Rent(256 * 1024);
        using var checksum = options.VerifyHash ? IncrementalChecksum.Create(ChecksumTypes.Parse(body.Properties.ChecksumType)) : null;
        try
        {
            long total = 0;
            int read;
            while ((read = await body.Stream.ReadAsync(buffer)) > 0)
            {
                checksum?.Append(buffer.AsSpan(0, read));
                total += read;
            }

            if (body.LengthBytes is { } promised && promised != total)
            {
                throw new InvalidDataException($"{promised} bytes were promised and {total} came");
            }

            if (checksum is not null && checksum.FinishHex() is var actual && actual != body.Properties.ChecksumValue)
            {
                throw new InvalidDataException($"checksum {actual} of the bytes that came differs from the promised {body.Properties.ChecksumValue}");
            }

            return total;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task ErrorAsync(OperationStats stats, string operation, string name, Exception error, bool fatal)
    {
        stats.AddError();
        if (owners is not null && error is ApiException or UnreachableException)
        {
            try
            {
                await owners!.RefreshAsync(CancellationToken.None);
            }
            catch (Exception e) when (IsRequestError(e))
            {
                // The old map stays until the cluster answers again; the error itself is already counted.
            }
        }

        if (fatal)
        {
            Stop(new StopReason($"{operation} {bucket.Cname}/{name}: {error.Message} (use -cont-on-err to keep going)", IsError: true));
        }
    }

    private static bool IsRequestError(Exception error) => error is ApiException or UnreachableException or TimeoutException or HttpRequestException or IOException;

    private static long ElapsedNs(long since) => (long)(Stopwatch.GetElapsedTime(since).TotalMilliseconds * 1e6);
}
