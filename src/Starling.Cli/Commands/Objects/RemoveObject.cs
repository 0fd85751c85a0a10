using Starling.Cli.Commands.Buckets;
using Starling.Cli.Naming;
using Starling.Cli.Output;
using Starling.Client;
using Starling.Client.Buckets;
using Starling.Core.Names;
using Starling.Core.Wire;

namespace Starling.Cli.Commands.Objects;

/// <summary><c>ais object rm BUCKET/OBJECT...</c>, or names by list, template, prefix or all.</summary>
internal static class RemoveObject
{
    public static CliCommand Build(Flags flags) =>
        new CliCommand("rm", "remove objects", "BUCKET[/OBJECT_or_TEMPLATE]...") { Run = RunAsync }
            .With(flags.List, flags.Template, flags.Prefix, flags.All, flags.Workers, flags.Progress, flags.Yes).Takes(Candidates.Buckets);

    private static async Task<int> RunAsync(CliSession session)
    {
        session.Argument(0, "BUCKET/OBJECT");
        foreach (var text in session.Arguments)
        {
            var uri = BucketUri.Parse(text);
            var isOne = uri.Rest.Length > 0 && !uri.Rest.EndsWith('/') && !uri.Rest.AsSpan().ContainsAny('{', '*') && !IsSelection(session);
            if (!isOne)
            {
                var code = await RemoveManyAsync(session, uri).ConfigureAwait(false);
                if (code != ExitCode.Ok)
                {
                    return code;
                }

                continue;
            }

            await ObjectErrors.OnAsync(session, uri, async () =>
            {
                await session.Client.Objects.DeleteAsync(uri.Bucket, uri.Rest, session.Cancellation).ConfigureAwait(false);
                return true;
            }).ConfigureAwait(false);
            session.Out.WriteLine($"deleted \"{uri.Rest}\" from {uri.Bucket.Cname}");
        }

        return ExitCode.Ok;
    }

    private static bool IsSelection(CliSession session) =>
        session.Value(session.Flags.List) is not null || session.Value(session.Flags.Template) is not null || session.Value(session.Flags.Prefix) is not null || session.Has(session.Flags.All);

    private static async Task<int> RemoveManyAsync(CliSession session, BucketUri uri)
    {
        var names = await SelectAsync(session, uri).ConfigureAwait(false);
        if (names.Count == 0)
        {
            session.Out.WriteLine($"No matching objects in {uri.Bucket.Cname}, nothing to do");
            return ExitCode.Ok;
        }

        if (!session.Has(session.Flags.Yes)
            && !await session.Terminal.ConfirmAsync($"Remove {Units.Count(names.Count)} objects from {uri.Bucket.Cname}?", session.Cancellation).ConfigureAwait(false))
        {
            return ExitCode.Failed;
        }

        var progress = new ProgressReport(session.Terminal, session.Environment.Time, Units.Default, session.Has(session.Flags.Progress), "Objects:", names.Count, 0);
        var gone = 0;
        var workers = new ParallelOptions { MaxDegreeOfParallelism = (int)session.Number(session.Flags.Workers, 10, 1, 1000), CancellationToken = session.Cancellation };
        await Parallel.ForEachAsync(names, workers, async (name, cancellation) =>
        {
            try
            {
                await session.Client.Objects.DeleteAsync(uri.Bucket, name, cancellation).ConfigureAwait(false);
            }
            catch (ApiException error) when (error.IsNotFound)
            {
                Interlocked.Increment(ref gone);
            }

            progress.AddObject();
        }).ConfigureAwait(false);
        progress.Finish();
        session.Out.WriteLine($"deleted {Units.Count(names.Count - gone)} objects from {uri.Bucket.Cname}{(gone > 0 ? $" ({gone} did not exist)" : string.Empty)}");
        return ExitCode.Ok;
    }

    private static async Task<IReadOnlyList<string>> SelectAsync(CliSession session, BucketUri uri)
    {
        if (session.Value(session.Flags.List) is { } list)
        {
            return list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        }

        var template = NameTemplate.Parse(session.Value(session.Flags.Template) ?? uri.Rest);
        if (!template.IsPrefix)
        {
            return template.Names().ToArray();
        }

        var prefix = session.Value(session.Flags.Prefix) ?? template.Prefix;
        if (prefix.Length == 0 && !session.Has(session.Flags.All) && session.Value(session.Flags.Template) is null && uri.Rest.Length == 0)
        {
            throw new UsageException($"to remove all objects from {uri.Bucket.Cname} say '--all'; to remove one name it: {uri.Bucket.Cname}/name");
        }

        return await NamesAsync(session, uri.Bucket, prefix.TrimEnd('*')).ConfigureAwait(false);
    }

    private static Task<List<string>> NamesAsync(CliSession session, BucketName bucket, string prefix) => BucketErrors.OnAsync(bucket, async () =>
    {
        var names = new List<string>();
        var request = new ListOptions { Prefix = prefix, Properties = "name", Flags = ListFlags.NameOnly };
        await foreach (var page in session.Client.Buckets.ListPagesAsync(bucket, request, session.Cancellation).ConfigureAwait(false))
        {
            names.AddRange(page.Entries.Where(entry => !entry.IsDirectory).Select(entry => entry.Name));
        }

        return names;
    });
}
