using Starling.Cli.Commands.Config;
using Starling.Cli.Naming;
using Starling.Cli.Output;

namespace Starling.Cli.Commands.Buckets;

/// <summary><c>ais bucket props show BUCKET [PROP_PREFIX]</c>, <c>ais show bucket</c>.</summary>
internal static class ShowProps
{
    private static readonly string[] Telling = ["provider", "created", "versioning.enabled", "checksum.type", "mirror.enabled", "ec.enabled", "lru.enabled", "access"];

    public static CliCommand Build(string name, Flags flags) =>
        new CliCommand(name, "show properties of a bucket", "BUCKET [PROP_PREFIX]") { Run = RunAsync }
            .With(flags.Json, flags.Compact, flags.NoHeaders).Takes(Candidates.Buckets);

    private static async Task<int> RunAsync(CliSession session)
    {
        var bucket = BucketUri.ParseBucket(session.Argument(0, "BUCKET"));
        session.AtMost(2);
        var prefix = session.Arguments.Count > 1 ? session.Arguments[1] : string.Empty;
        var props = await BucketErrors.OnAsync(bucket, () => session.Client.Buckets.GetPropertiesAsync(bucket, session.Cancellation)).ConfigureAwait(false);
        if (session.Has(session.Flags.Json))
        {
            ConfigText.Print(session, props, prefix);
            return ExitCode.Ok;
        }

        var table = new Table(new Column("PROPERTY"), new Column("VALUE"));
        foreach (var (name, value) in JsonText.Flatten(JsonText.OwnKnobsFirst(props)))
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal) && (!session.Has(session.Flags.Compact) || Telling.Contains(name)))
            {
                table.Add(name, value);
            }
        }

        if (table.Count == 0)
        {
            throw new CliException($"unknown property \"{prefix}\" (run '{session.Command.Path} {bucket.Cname}' to see all)", ExitCode.Usage);
        }

        table.Write(session.Terminal, !session.Has(session.Flags.NoHeaders));
        return ExitCode.Ok;
    }
}
