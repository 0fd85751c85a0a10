using Starling.Cli.Output;
using Starling.Client;

namespace Starling.Cli;

/// <summary>Turns what went wrong into the lines on standard error and the exit code.</summary>
internal static class ErrorReport
{
    public static int Write(Exception error, Terminal terminal, string command)
    {
        var (text, code) = Describe(error, command);
        if (text.Length > 0)
        {
            terminal.Error.WriteLine($"{terminal.PaintError("Error:", Colour.Red)} {text}");
        }

        return code;
    }

    private static (string Text, int Code) Describe(Exception error, string command) => error switch
    {
        UsageException usage => ($"Incorrect '{command}' usage: {usage.Message}{(usage.Message.EndsWith('?') ? string.Empty : ".")}\nSee '{command} --help'", ExitCode.Usage),
        CliException ours => (ours.Message, ours.ExitCode),
        ApiException answer => (TextOf(answer), CodeOf(answer)),
        UnreachableException { OutcomeUnknown: true } cut =>
            ($"{cut.Message}\nThe connection broke while the request was on its way: it may or may not have been executed. Check before you repeat it", ExitCode.Unreachable),
        UnreachableException unreachable =>
            ($"AIStore cannot be reached at {unreachable.Endpoint} ({unreachable.Message})\nMake sure that the cluster runs, and set AIS_ENDPOINT to the URL of any gateway (several may be given, separated by commas)",
                ExitCode.Unreachable),
        TimeoutException timeout => (timeout.Message, ExitCode.TimedOut),
        OperationCanceledException => (string.Empty, ExitCode.Interrupted),
        IOException or UnauthorizedAccessException => (error.Message, ExitCode.Failed),
        FormatException format => (format.Message, ExitCode.Usage),
        _ => ($"{error.GetType().Name}: {error.Message}", ExitCode.Failed),
    };

    private static string TextOf(ApiException error) => error switch
    {
        { Status: 401 } => $"{error.Message}\nSet AIS_AUTHN_TOKEN or AIS_AUTHN_TOKEN_FILE, or run 'ais auth login'",
        { TypeCode: "ErrBusy" } => $"ErrBusy: {error.Message}",
        { Status: 503, RetryAfter: { } after } => $"{error.Message}\nNot available at the moment, not lost: try again in {Math.Max(1, after.TotalSeconds):0}s",
        _ => error.Message,
    };

    private static int CodeOf(ApiException error) => error switch
    {
        { Status: 404 } => ExitCode.NotFound,
        { Status: 401 or 403 } => ExitCode.Unauthorised,
        { Status: 429 or 503 } or { TypeCode: "ErrBusy" } => ExitCode.Busy,
        _ => ExitCode.Failed,
    };
}
