using Starling.Cli.Naming;

namespace Starling.Cli.Commands.Buckets;

/// <summary><c>ais bucket props reset BUCKET</c>.</summary>
internal static class ResetProps
{
    public static CliCommand Build() =>
        new CliCommand("reset", "set a bucket's properties back to the cluster's defaults", "BUCKET") { Run = RunAsync }.Takes(Candidates.Buckets);

    private static async Task<int> RunAsync(CliSession session)
    {
        var bucket = BucketUri.ParseBucket(session.Argument(0, "BUCKET"));
        session.AtMost(1);
        await BucketErrors.OnAsync(bucket, () => session.Client.Buckets.ResetPropertiesAsync(bucket, session.Cancellation)).ConfigureAwait(false);
        session.Out.WriteLine("Bucket props successfully reset to cluster defaults");
        return ExitCode.Ok;
    }
}
