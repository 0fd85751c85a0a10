using System.Text.Json.Nodes;
using Starling.Cli.Commands.Config;
using Starling.Cli.Naming;
using Starling.Client;

namespace Starling.Cli.Commands.Buckets;

/// <summary><c>ais create BUCKET...</c>.</summary>
internal static class CreateBucket
{
    public static CliCommand Build(Flags flags) =>
        new CliCommand("create", "create buckets", "BUCKET...") { Run = RunAsync }.With(flags.Props, flags.IgnoreError, flags.Force).Takes();

    private static async Task<int> RunAsync(CliSession session)
    {
        session.Argument(0, "BUCKET");
        var buckets = session.Arguments.Select(BucketUri.ParseBucket).ToArray();
        var props = session.Value(session.Flags.Props) is { } text
            ? PropsText.Nested(ConfigText.ParseAssignments(text.StartsWith('{') ? [text] : text.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries)), null)
            : null;
        if (session.Has(session.Flags.Force))
        {
            props ??= [];
            props["force"] = true;
        }

        foreach (var bucket in buckets)
        {
            try
            {
                await session.Client.Buckets.CreateAsync(bucket, props?.DeepClone() as JsonObject, session.Cancellation).ConfigureAwait(false);
                session.Out.WriteLine($"\"{bucket.Cname}\" created");
            }
            catch (ApiException error) when (error is { Status: 409, TypeCode: "" or "ErrBucketAlreadyExists" })
            {
                if (!session.Has(session.Flags.IgnoreError))
                {
                    throw new CliException($"bucket \"{bucket.Cname}\" already exists");
                }

                session.Out.WriteLine($"Bucket \"{bucket.Cname}\" already exists");
            }
        }

        return ExitCode.Ok;
    }
}
