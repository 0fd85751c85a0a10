using Starling.Cli.Commands.Config;
using Starling.Cli.Naming;
using Starling.Client.Transport;

namespace Starling.Cli.Commands.Buckets;

/// <summary><c>ais bucket props set BUCKET KEY=VALUE...</c>.</summary>
internal static class SetProps
{
    public static CliCommand Build(Flags flags) =>
        new CliCommand("set", "change properties of a bucket", "BUCKET JSON | KEY=VALUE...") { Run = RunAsync }.With(flags.Force).Takes(Candidates.Buckets);

    private static async Task<int> RunAsync(CliSession session)
    {
        var bucket = BucketUri.ParseBucket(session.Argument(0, "BUCKET"));
        session.Argument(1, "KEY=VALUE");
        var values = ConfigText.ParseAssignments(session.Arguments.Skip(1).ToArray());
        var current = await BucketErrors.OnAsync(bucket, () => session.Client.Buckets.GetPropertiesAsync(bucket, session.Cancellation)).ConfigureAwait(false);
        var wanted = PropsText.Nested(values, current);
        var changes = values.Select(pair => (pair.Key, Was: JsonReading.Text(PropsText.Leaf(current, pair.Key.Split('.'))), Is: JsonReading.Text(PropsText.Leaf(wanted, pair.Key.Split('.')))))
            .Where(change => change.Was != change.Is).ToArray();
        if (changes.Length == 0)
        {
            session.Out.WriteLine($"Bucket \"{bucket.Cname}\" already has the same values of props, nothing to do");
            return ExitCode.Ok;
        }

        if (session.Has(session.Flags.Force))
        {
            wanted["force"] = true;
        }

        var job = await BucketErrors.OnAsync(bucket, () => session.Client.Buckets.SetPropertiesAsync(bucket, wanted, session.Cancellation)).ConfigureAwait(false);
        foreach (var (name, was, now) in changes)
        {
            session.Out.WriteLine($"\"{name}\" set to: \"{now}\" (was: \"{was}\")");
        }

        session.Out.WriteLine("Bucket props successfully updated.");
        if (job.Trim().Length > 0)
        {
            session.Out.WriteLine($"To monitor the progress of bringing existing objects in line, run 'ais show job {job.Trim()}'");
        }

        return ExitCode.Ok;
    }
}
