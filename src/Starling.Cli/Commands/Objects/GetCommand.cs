using Starling.Cli.Commands.Buckets;
using Starling.Cli.Naming;
using Starling.Cli.Output;
using Starling.Client;
using Starling.Client.Buckets;
using Starling.Core.Names;

namespace Starling.Cli.Commands.Objects;

/// <summary><c>ais get BUCKET[/OBJECT] [OUT_FILE|OUT_DIR|-]</c>.</summary>
internal static class GetCommand
{
    public static CliCommand Build(Flags flags) =>
        new CliCommand("get", "read an object, or all objects with a prefix, into files", "BUCKET[/OBJECT] [OUT_FILE|OUT_DIR|-]") { Run = RunAsync }
            .With(flags.Prefix, flags.Limit, flags.Offset, flags.Length, flags.Workers, flags.Progress, flags.UnitsKind, flags.Yes).Takes(Candidates.Buckets, Candidates.Files);

    private static Task<int> RunAsync(CliSession session)
    {
        var uri = BucketUri.Parse(session.Argument(0, "BUCKET/OBJECT"));
        session.AtMost(2);
        var destination = session.Arguments.Count > 1 ? session.Arguments[1] : ".";
        var prefix = session.Value(session.Flags.Prefix);
        if (prefix is not null || uri.Rest.Length == 0 || uri.Rest.EndsWith('/'))
        {
            return prefix is not null && uri.Rest.Length > 0
                ? throw new UsageException($"prefix in \"{uri}\" and '--prefix {prefix}': give one of them")
                : GetManyAsync(session, uri.Bucket, prefix ?? uri.Rest, destination);
        }

        return destination == "-" ? CatCommand.PrintAsync(session, uri) : GetOneAsync(session, uri, destination);
    }

    private static async Task<int> GetOneAsync(CliSession session, BucketUri uri, string destination)
    {
        var units = Units.Parse(session.Value(session.Flags.UnitsKind));
        var path = session.FullPath(destination);
        var name = uri.Rest[(uri.Rest.LastIndexOf('/') + 1)..];
        path = Directory.Exists(path) || destination.EndsWith('/') ? Path.Combine(path, name) : path;
        var range = ByteRangeFlags.Of(session);
        await using var body = await ObjectErrors.OnAsync(session, uri, () => session.Client.Objects.GetAsync(uri.Bucket, uri.Rest, range, cancellation: session.Cancellation)).ConfigureAwait(false);
        var progress = ProgressOf(session, "Objects:", 1, body.LengthBytes ?? 0);
        var size = await SaveAsync(Verification.Of(body, uri.ToString(), range is not null, progress.AddBytes), path, session.Cancellation).ConfigureAwait(false);
        progress.Finish();
        session.Out.WriteLine(range is { } bounds
            ? $"Read range (length {units.Size(size)} at offset {bounds.From}) of {uri} as {path}"
            : $"GET {uri.Rest} from {uri.Bucket.Cname} as {path} ({units.Size(size)})");
        return ExitCode.Ok;
    }

    private static async Task<int> GetManyAsync(CliSession session, BucketName bucket, string prefix, string destination)
    {
        if (destination == "-")
        {
            throw new UsageException("cannot write several objects to standard output: name a directory");
        }

        var names = new List<ListedObject>();
        var request = new ListOptions { Prefix = prefix, Limit = session.Number(session.Flags.Limit, 0, 0, long.MaxValue) };
        await BucketErrors.OnAsync(bucket, async () =>
        {
            await foreach (var page in session.Client.Buckets.ListPagesAsync(bucket, request, session.Cancellation).ConfigureAwait(false))
            {
                names.AddRange(page.Entries.Where(entry => !entry.IsDirectory));
            }

            return names.Count;
        }).ConfigureAwait(false);
        if (names.Count == 0)
        {
            throw new CliException($"no objects in {bucket.Cname}{(prefix.Length > 0 ? $" with prefix \"{prefix}\"" : string.Empty)}", ExitCode.NotFound);
        }

        var units = Units.Parse(session.Value(session.Flags.UnitsKind));
        var total = names.Sum(entry => entry.SizeBytes);
        var directory = session.FullPath(destination);
        if (!session.Has(session.Flags.Yes)
            && !await session.Terminal.ConfirmAsync($"GET {Units.Count(names.Count)} objects from {bucket.Cname} (total size {units.Size(total)}) => {directory}?", session.Cancellation).ConfigureAwait(false))
        {
            return ExitCode.Failed;
        }

        var progress = ProgressOf(session, "Objects:", names.Count, total);
        var workers = new ParallelOptions { MaxDegreeOfParallelism = (int)session.Number(session.Flags.Workers, 10, 1, 1000), CancellationToken = session.Cancellation };
        await Parallel.ForEachAsync(names, workers, async (entry, cancellation) =>
        {
            await using var body = await session.Client.Objects.GetAsync(bucket, entry.Name, cancellation: cancellation).ConfigureAwait(false);
            await SaveAsync(Verification.Of(body, $"{bucket.Cname}/{entry.Name}", isRange: false, progress.AddBytes), PathFor(directory, entry.Name), cancellation).ConfigureAwait(false);
            progress.AddObject();
        }).ConfigureAwait(false);
        progress.Finish();
        session.Out.WriteLine($"GET {Units.Count(names.Count)} objects from {bucket.Cname} as {directory} ({units.Size(total)})");
        return ExitCode.Ok;
    }

    /// <summary>Where an object's file goes; a name from the server never leads out of the directory.</summary>
    private static string PathFor(string directory, string name)
    {
        var path = Path.GetFullPath(Path.Combine(directory, name));
        return path.StartsWith(directory.TrimEnd('/') + "/", StringComparison.Ordinal)
            ? path
            : throw new CliException($"refusing to write object \"{name}\" outside of {directory}");
    }

    /// <summary>Writes under another name first: a file that is there is whole.</summary>
    private static async Task<long> SaveAsync(Stream source, string path, CancellationToken cancellation)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var partial = $"{path}.{Guid.NewGuid():N}.part";
        try
        {
            long size;
            await using (var file = new FileStream(partial, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0, FileOptions.Asynchronous))
            {
                await source.CopyToAsync(file, 256 * 1024, cancellation).ConfigureAwait(false);
                size = file.Length;
            }

            File.Move(partial, path, overwrite: true);
            return size;
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
    }

    private static ProgressReport ProgressOf(CliSession session, string label, long count, long bytes) =>
        new(session.Terminal, session.Environment.Time, Units.Parse(session.Value(session.Flags.UnitsKind)), session.Has(session.Flags.Progress), label, count, bytes);
}
