using Starling.Cli.Naming;

namespace Starling.Cli.Commands.Objects;

/// <summary><c>ais cat BUCKET/OBJECT</c>.</summary>
internal static class CatCommand
{
    public static CliCommand Build(Flags flags) =>
        new CliCommand("cat", "print an object", "BUCKET/OBJECT") { Run = RunAsync }.With(flags.Offset, flags.Length).Takes(Candidates.Buckets);

    public static async Task<int> PrintAsync(CliSession session, BucketUri uri)
    {
        var range = ByteRangeFlags.Of(session);
        await using var body = await ObjectErrors.OnAsync(session, uri, () => session.Client.Objects.GetAsync(uri.Bucket, uri.Rest, range, cancellation: session.Cancellation)).ConfigureAwait(false);
        await session.Out.FlushAsync(session.Cancellation).ConfigureAwait(false);
        await using var output = session.Environment.OpenOutput();
        await Verification.Of(body, uri.ToString(), range is not null, static _ => { }).CopyToAsync(output, session.Cancellation).ConfigureAwait(false);
        await output.FlushAsync(session.Cancellation).ConfigureAwait(false);
        return ExitCode.Ok;
    }

    private static Task<int> RunAsync(CliSession session)
    {
        var uri = BucketUri.ParseObject(session.Argument(0, "BUCKET/OBJECT"));
        session.AtMost(1);
        return PrintAsync(session, uri);
    }
}
