using System.CommandLine;
using System.CommandLine.Parsing;
using Starling.Cli.Output;
using Starling.Client;

namespace Starling.Cli;

/// <summary>One run of one command: its arguments, the terminal, and the client of the cluster.</summary>
internal sealed class CliSession : IDisposable
{
    private readonly ParseResult parsed;
    private readonly Lazy<StarlingClient> client;
    private int waitsAnnounced;

    public CliSession(CliCommand command, Flags flags, ParseResult parsed, Terminal terminal, CliEnvironment environment, CancellationToken cancellation)
    {
        Command = command;
        Flags = flags;
        this.parsed = parsed;
        Terminal = terminal;
        Environment = environment;
        Cancellation = cancellation;
        client = new Lazy<StarlingClient>(Connect);
    }

    public CliCommand Command { get; }

    public Flags Flags { get; }

    public Terminal Terminal { get; }

    public TextWriter Out => Terminal.Out;

    public CliEnvironment Environment { get; }

    public CancellationToken Cancellation { get; }

    public StarlingClient Client => client.Value;

    /// <summary>Positional arguments, in order.</summary>
    public IReadOnlyList<string> Arguments => Command.Arguments.Count == 0 ? [] : parsed.GetValue((Argument<string[]>)Command.Arguments[0]) ?? [];

    /// <summary>True when the flag was given.</summary>
    public bool Has(Option<bool> flag) => parsed.GetValue(flag);

    /// <summary>Value of the flag; null when not given.</summary>
    public string? Value(Option<string?> flag) => parsed.GetValue(flag);

    /// <summary>Names that the flag was given, separated by commas; none when it was not given.</summary>
    public string[] Names(Option<string?> flag) => Value(flag)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [];

    /// <summary>Value of a flag that takes a whole number.</summary>
    public long Number(Option<string?> flag, long otherwise, long least, long most)
    {
        var text = Value(flag);
        if (text is null)
        {
            return otherwise;
        }

        return long.TryParse(text, System.Globalization.NumberStyles.AllowLeadingSign, System.Globalization.CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw new UsageException($"invalid '{flag.Name} {text}': expecting a whole number from {least} to {most}");
    }

    /// <summary>The argument at a position; says which one is missing.</summary>
    public string Argument(int index, string name) => index < Arguments.Count ? Arguments[index] : throw new UsageException($"missing \"{name}\" argument");

    /// <summary>Refuses words that nobody asked for.</summary>
    public void AtMost(int count)
    {
        if (Arguments.Count > count)
        {
            throw new UsageException($"too many arguments or unrecognized (misplaced?) option '{Arguments[count]}'");
        }
    }

    /// <summary>An absolute path of what the user typed.</summary>
    public string FullPath(string path) => Path.GetFullPath(path, Environment.WorkingDirectory);

    public void Dispose()
    {
        if (client.IsValueCreated)
        {
            client.Value.Dispose();
        }
    }

    private StarlingClient Connect()
    {
        var text = parsed.GetValue(Flags.Endpoint) ?? Environment.NonEmpty("AIS_ENDPOINT") ?? "http://127.0.0.1:8080";
        return new StarlingClient(new StarlingClientOptions
        {
            Endpoints = StarlingClientOptions.ParseEndpoints(text),
            StartingRetryDelay = Environment.StartingRetryDelay,
            UnavailableBudget = Environment.UnavailableBudget,
            Time = Environment.Time,
            OnEvent = Announce,
        });
    }

    private void Announce(ClientEvent seen)
    {
        if (seen.Kind is ClientEventKind.Starting or ClientEventKind.Waited && Interlocked.Increment(ref waitsAnnounced) == 1)
        {
            Terminal.Error.WriteLine(seen.Kind == ClientEventKind.Starting ? "(waiting for cluster to start ...)" : "(waiting for a node that is away ...)");
        }
    }
}
