using Starling.Cli.Naming;
using Starling.Client;
using Starling.Client.Buckets;
using Starling.Core.Names;
using Starling.Core.Wire;

namespace Starling.Cli.Commands.Buckets;

/// <summary><c>ais rmb BUCKET...</c> and <c>ais rmb --all</c>.</summary>
internal static class RemoveBucket
{
    private const string Phrase = "DELETE";

    public static CliCommand Build(Flags flags) =>
        new CliCommand("rm", "destroy buckets with everything in them", "BUCKET... | --all") { Run = RunAsync }
            .With(flags.All, flags.IgnoreError, flags.Yes).Takes(Candidates.Buckets);

    private static async Task<int> RunAsync(CliSession session)
    {
        IReadOnlyList<BucketName> buckets;
        if (session.Has(session.Flags.All))
        {
            buckets = await session.Client.Buckets.ListAsync("ais", cancellation: session.Cancellation).ConfigureAwait(false);
            if (buckets.Count > 0 && !await ConfirmAllAsync(session, buckets.Count).ConfigureAwait(false))
            {
                return ExitCode.Failed;
            }
        }
        else
        {
            session.Argument(0, "BUCKET");
            buckets = session.Arguments.Select(BucketUri.ParseBucket).ToArray();
        }

        var destroyed = 0;
        foreach (var bucket in buckets)
        {
            try
            {
                if (session.Has(session.Flags.All) || session.Has(session.Flags.Yes) || await ConfirmAsync(session, bucket).ConfigureAwait(false))
                {
                    await session.Client.Buckets.DestroyAsync(bucket, session.Cancellation).ConfigureAwait(false);
                    session.Out.WriteLine($"\"{bucket.Cname}\" destroyed");
                    destroyed++;
                }
            }
            catch (ApiException error) when (error.IsNotFound)
            {
                if (!session.Has(session.Flags.IgnoreError))
                {
                    throw BucketErrors.NotFound(bucket);
                }

                session.Terminal.Warn($"bucket \"{bucket.Cname}\" does not exist");
            }
        }

        return destroyed > 0 || session.Has(session.Flags.IgnoreError) || buckets.Count == 0 ? ExitCode.Ok : ExitCode.Failed;
    }

    private static async Task<bool> ConfirmAsync(CliSession session, BucketName bucket)
    {
        var page = await session.Client.Buckets.ListPageAsync(bucket, new ListOptions { Properties = "name", Flags = ListFlags.NameOnly, PageSize = 1 }, cancellation: session.Cancellation).ConfigureAwait(false);
        return page.Entries.Count == 0 || await session.Terminal.ConfirmAsync($"Proceed to destroy {bucket.Cname}?", session.Cancellation).ConfigureAwait(false);
    }

    private static async Task<bool> ConfirmAllAsync(CliSession session, int count)
    {
        if (session.Has(session.Flags.Yes))
        {
            session.Terminal.Warn("'--yes' does not count for '--all'");
        }

        var answer = await session.Terminal.AnswerAsync(
            $"About to destroy {count} buckets with everything in them. Type '{Phrase}' to confirm (or 'N' to cancel): ", session.Cancellation).ConfigureAwait(false);
        if (answer == Phrase)
        {
            return true;
        }

        session.Terminal.Error.WriteLine("Operation canceled.");
        return false;
    }
}
