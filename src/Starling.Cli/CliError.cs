namespace Starling.Cli;

/// <summary>How the process ends; scripts depend on the numbers.</summary>
internal static class ExitCode
{
    public const int Ok = 0;
    public const int Failed = 1;
    public const int Usage = 2;
    public const int NotFound = 3;
    public const int Busy = 4;
    public const int Unreachable = 5;
    public const int Unauthorised = 6;
    public const int TimedOut = 7;
    public const int Partial = 8;
    public const int Interrupted = 130;
}

/// <summary>Ends a command with a message and an exit code.</summary>
internal sealed class CliException(string message, int exitCode = ExitCode.Failed) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}

/// <summary>The command line is wrong: the message says how, and what to type instead.</summary>
internal sealed class UsageException(string message) : Exception(message);
