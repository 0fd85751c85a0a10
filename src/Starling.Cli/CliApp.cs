using System.CommandLine;
using System.Reflection;
using Starling.Cli.Commands;
using Starling.Cli.Completion;
using Starling.Cli.Help;
using Starling.Cli.Output;

namespace Starling.Cli;

/// <summary>The tool as a function: arguments and streams in, exit code out.</summary>
internal static class CliApp
{
    /// <summary>Runs one command line.</summary>
    /// <returns>One of <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(
        string[] args, TextReader stdin, TextWriter stdout, TextWriter stderr, CliEnvironment environment, CancellationToken cancellation = default)
    {
        var flags = new Flags();
        var root = CommandTree.Build(flags);
        if (args is [Completer.HiddenCommand, ..])
        {
            return await Completer.RunAsync(root, flags, args[1..], stdout, environment, cancellation).ConfigureAwait(false);
        }

        var parsed = root.Parse(CommandTree.ExpandAlias(args), new ParserConfiguration { ResponseFileTokenReplacer = null });
        var command = (CliCommand)parsed.CommandResult.Command;
        var terminal = new Terminal(stdin, stdout, stderr, environment, parsed.GetValue(flags.Color));
        if (parsed.GetValue(flags.Help) || args is ["help"] or [])
        {
            HelpWriter.Write(command, stdout);
            return ExitCode.Ok;
        }

        using var session = new CliSession(command, flags, parsed, terminal, environment, cancellation);
        try
        {
            Check(command, parsed, flags);
            return await command.Run!(session).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not (OutOfMemoryException or NullReferenceException or InvalidCastException))
        {
            return ErrorReport.Write(error, terminal, command.Path);
        }
        finally
        {
            await stdout.FlushAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }

    /// <summary>Version and build, as <c>ais version</c> prints them.</summary>
    public static string Version
    {
        get
        {
            var text = typeof(CliApp).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
            var plus = text.IndexOf('+', StringComparison.Ordinal);
            return plus < 0 ? text : $"{text[..plus]} (build: {text[(plus + 1)..Math.Min(text.Length, plus + 11)]})";
        }
    }

    private static void Check(CliCommand command, ParseResult parsed, Flags flags)
    {
        if (parsed.GetValue(flags.Color) is { } choice and not ("auto" or "always" or "never"))
        {
            throw new UsageException($"invalid '--color {choice}': expecting one of auto, always, never");
        }

        var stray = parsed.UnmatchedTokens.Count > 0 ? parsed.UnmatchedTokens[0]
            : command.Run is not null && command.Arguments.Count > 0 ? parsed.GetValue((Argument<string[]>)command.Arguments[0])?.FirstOrDefault(word => word.Length > 1 && word[0] == '-')
            : null;
        if (stray is not null && stray.StartsWith('-'))
        {
            var nearest = DidYouMean.Nearest(stray, command.Options.Select(option => option.Name));
            throw new UsageException($"unrecognized option '{stray}'" + (nearest is null ? string.Empty : $" (did you mean '{nearest}'?)"));
        }

        if (command.Run is null)
        {
            throw new UsageException(stray is null ? "missing subcommand" : Unknown(command, stray));
        }

        if (stray is not null)
        {
            throw new UsageException($"too many arguments or unrecognized (misplaced?) option '{stray}'");
        }

        if (parsed.Errors.Count > 0)
        {
            throw new UsageException(parsed.Errors[0].Message.TrimEnd('.'));
        }
    }

    private static string Unknown(CliCommand command, string typed) =>
        $"unknown subcommand \"{typed}\"" + (DidYouMean.For(command, typed) is { } meant ? $". Did you mean: '{meant}'?" : string.Empty);
}
