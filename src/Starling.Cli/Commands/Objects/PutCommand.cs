using System.Collections.Concurrent;
using System.Globalization;
using Starling.Cli.Commands.Buckets;
using Starling.Cli.Naming;
using Starling.Cli.Output;
using Starling.Client;
using Starling.Client.Objects;
using Starling.Core.Names;

namespace Starling.Cli.Commands.Objects;

/// <summary><c>ais put [-|FILE|DIR[/PATTERN]] BUCKET[/NAME_or_PREFIX]</c>.</summary>
internal static class PutCommand
{
    /// <summary>A whole file is written again with the same bytes: asking twice does no harm.</summary>
    private static readonly PutOptions Repeatable = new() { RepeatAfterCut = true };

    public static CliCommand Build(Flags flags) =>
        new CliCommand("put", "store files, directories or standard input", "[-|FILE|DIR[/PATTERN]] BUCKET[/NAME_or_PREFIX]") { Run = RunAsync }
            .With(
                flags.Recursive, flags.IncludeSourceDirectory, flags.List, flags.Template, flags.Workers, flags.Retries, flags.ContinueOnError, flags.DryRun, flags.Progress,
                flags.UnitsKind, flags.Yes)
            .Takes(Candidates.Files, Candidates.Buckets);

    private static async Task<int> RunAsync(CliSession session)
    {
        var source = session.Argument(0, "FILE");
        var uri = BucketUri.Parse(session.Argument(1, "BUCKET"));
        session.AtMost(2);
        if (source == "-")
        {
            return await PutInputAsync(session, uri).ConfigureAwait(false);
        }

        var path = session.FullPath(source);
        if (File.Exists(path))
        {
            var name = uri.Rest.Length == 0 || uri.Rest.EndsWith('/') ? uri.Rest + Path.GetFileName(path) : uri.Rest;
            return await PutOneAsync(session, uri.Bucket, new Upload(path, name, new FileInfo(path).Length)).ConfigureAwait(false);
        }

        return await PutManyAsync(session, source, path, uri).ConfigureAwait(false);
    }

    private static async Task<int> PutOneAsync(CliSession session, BucketName bucket, Upload upload)
    {
        if (session.Has(session.Flags.DryRun))
        {
            session.Out.WriteLine($"{session.Terminal.Paint("[DRY RUN]", Colour.Cyan)} PUT \"{upload.File}\" => {bucket.Cname}/{upload.ObjectName}");
            return ExitCode.Ok;
        }

        var progress = ProgressOf(session, "Total size:", 1, upload.SizeBytes);
        await BucketErrors.OnAsync(bucket, () => SendAsync(session, bucket, upload, progress, session.Cancellation)).ConfigureAwait(false);
        progress.Finish();
        session.Out.WriteLine($"PUT \"{upload.File}\" => {bucket.Cname}/{upload.ObjectName}");
        return ExitCode.Ok;
    }

    private static async Task<int> PutInputAsync(CliSession session, BucketUri uri)
    {
        if (uri.Rest.Length == 0 || uri.Rest.EndsWith('/'))
        {
            throw new UsageException($"standard input needs an object name, for example {uri.Bucket.Cname}/name");
        }

        await using var spool = await InputSpool.ReadAsync(session.Environment.OpenInput(), session.Cancellation).ConfigureAwait(false);
        await BucketErrors.OnAsync(
            uri.Bucket, () => session.Client.Objects.PutAsync(uri.Bucket, uri.Rest, spool.Open, spool.LengthBytes, Repeatable, session.Cancellation)).ConfigureAwait(false);
        session.Out.WriteLine($"PUT (standard input) => {uri}");
        return ExitCode.Ok;
    }

    private static async Task<int> PutManyAsync(CliSession session, string typed, string path, BucketUri uri)
    {
        var uploads = UploadPlan.Make(session, path, uri.Rest);
        if (uploads.Count == 0)
        {
            throw new CliException($"no files to PUT in \"{typed}\"{(session.Has(session.Flags.Recursive) ? string.Empty : " (use '--recursive' for sub-directories)")}", ExitCode.NotFound);
        }

        var invalid = uploads.FirstOrDefault(upload => !ObjectName.TryParse(uri.Bucket, upload.ObjectName, out _, out _));
        if (invalid is not null)
        {
            ObjectName.TryParse(uri.Bucket, invalid.ObjectName, out _, out var why);
            throw new CliException($"cannot PUT \"{invalid.File}\": {why}");
        }

        var units = Units.Parse(session.Value(session.Flags.UnitsKind));
        ShowPlan(session, uploads, units);
        if (session.Has(session.Flags.DryRun))
        {
            foreach (var upload in uploads)
            {
                session.Out.WriteLine($"{session.Terminal.Paint("[DRY RUN]", Colour.Cyan)} PUT \"{upload.File}\" => {uri.Bucket.Cname}/{upload.ObjectName}");
            }

            return ExitCode.Ok;
        }

        var how = session.Has(session.Flags.Recursive) ? "recursive" : "one directory, non-recursive";
        if (!session.Has(session.Flags.Yes)
            && !await session.Terminal.ConfirmAsync($"PUT {Units.Count(uploads.Count)} files ({how}) => {uri}?", session.Cancellation).ConfigureAwait(false))
        {
            return ExitCode.Failed;
        }

        await BucketErrors.OnAsync(uri.Bucket, () => session.Client.Buckets.GetPropertiesAsync(uri.Bucket, session.Cancellation)).ConfigureAwait(false);
        return await SendAllAsync(session, uri.Bucket, uploads).ConfigureAwait(false);
    }

    private static async Task<int> SendAllAsync(CliSession session, BucketName bucket, List<Upload> uploads)
    {
        var progress = ProgressOf(session, "Uploaded files:", uploads.Count, uploads.Sum(upload => upload.SizeBytes));
        var failures = new ConcurrentQueue<(Upload Upload, Exception Error)>();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(session.Cancellation);
        var workers = new ParallelOptions { MaxDegreeOfParallelism = (int)session.Number(session.Flags.Workers, 10, 1, 1000), CancellationToken = stop.Token };
        try
        {
            await Parallel.ForEachAsync(uploads, workers, async (upload, cancellation) =>
            {
                try
                {
                    await SendAsync(session, bucket, upload, progress, cancellation).ConfigureAwait(false);
                    progress.AddObject();
                }
                catch (Exception error) when (error is ApiException or UnreachableException or TimeoutException or IOException or UnauthorizedAccessException)
                {
                    failures.Enqueue((upload, error));
                    if (!session.Has(session.Flags.ContinueOnError))
                    {
                        await stop.CancelAsync().ConfigureAwait(false);
                    }
                }
            }).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!session.Cancellation.IsCancellationRequested)
        {
            // Stopped by the first failure, which is reported below.
        }

        progress.Finish();
        return Report(session, bucket, uploads, failures);
    }

    private static int Report(CliSession session, BucketName bucket, List<Upload> uploads, ConcurrentQueue<(Upload Upload, Exception Error)> failures)
    {
        if (failures.IsEmpty)
        {
            session.Out.WriteLine("Done");
            return ExitCode.Ok;
        }

        var log = Path.Combine(Path.GetTempPath(), $".ais-put-failures.{Guid.NewGuid():N}.log");
        File.WriteAllLines(log, failures.Select(failure => $"{failure.Upload.File} => {bucket.Cname}/{failure.Upload.ObjectName}: {failure.Error.Message}"));
        var (first, error) = failures.First();
        throw new CliException(
            $"failed to PUT {failures.Count} files (\"{log}\"); the first one: \"{first.File}\": {error.Message}"
            + (session.Has(session.Flags.ContinueOnError) ? string.Empty : "\nStopped at the first failure: files that were not tried are missing too (use '--cont-on-err' to carry on)"),
            failures.Count < uploads.Count ? ExitCode.Partial : ExitCode.Failed);
    }

    private static async Task<ObjectProperties> SendAsync(CliSession session, BucketName bucket, Upload upload, ProgressReport progress, CancellationToken cancellation)
    {
        for (var retries = session.Number(session.Flags.Retries, 1, 0, 5); ; retries--)
        {
            long sent = 0;
            try
            {
                return await session.Client.Objects.PutAsync(bucket, upload.ObjectName, Open, upload.SizeBytes, Repeatable, cancellation).ConfigureAwait(false);
            }
            catch (Exception error) when (retries > 0 && error is UnreachableException or ApiException { Status: >= 500 })
            {
                progress.AddBytes(-sent);
            }

            Stream Open()
            {
                progress.AddBytes(-Interlocked.Exchange(ref sent, 0));
                var file = new FileStream(upload.File, FileMode.Open, FileAccess.Read, FileShare.Read, 0, FileOptions.Asynchronous | FileOptions.SequentialScan);
                return new ObservedStream(file, bytes =>
                {
                    Interlocked.Add(ref sent, bytes.Length);
                    progress.AddBytes(bytes.Length);
                });
            }
        }
    }

    private static void ShowPlan(CliSession session, List<Upload> uploads, Units units)
    {
        session.Out.WriteLine("Files to upload:");
        var table = new Table(new Column("EXTENSION"), new Column("COUNT"), new Column("SIZE"));
        foreach (var group in uploads.GroupBy(upload => Path.GetExtension(upload.File)).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            table.Add(group.Key.Length == 0 ? "-" : group.Key, group.Count().ToString(CultureInfo.InvariantCulture), units.Size(group.Sum(upload => upload.SizeBytes)));
        }

        table.Add("TOTAL", uploads.Count.ToString(CultureInfo.InvariantCulture), units.Size(uploads.Sum(upload => upload.SizeBytes)));
        table.Write(session.Terminal);
    }

    private static ProgressReport ProgressOf(CliSession session, string label, long count, long bytes) =>
        new(session.Terminal, session.Environment.Time, Units.Parse(session.Value(session.Flags.UnitsKind)), session.Has(session.Flags.Progress), label, count, bytes);
}
