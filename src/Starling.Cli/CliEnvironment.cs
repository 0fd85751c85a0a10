namespace Starling.Cli;

/// <summary>Everything the tool knows of the process it runs in; tests give their own.</summary>
internal sealed record CliEnvironment
{
    /// <summary>Looks up an environment variable.</summary>
    public required Func<string, string?> Variable { get; init; }

    /// <summary>Directory that relative paths start from.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary>Opens standard input as bytes.</summary>
    public Func<Stream> OpenInput { get; init; } = () => Stream.Null;

    /// <summary>Opens standard output as bytes.</summary>
    public Func<Stream> OpenOutput { get; init; } = () => Stream.Null;

    /// <summary>True when a person can answer a prompt.</summary>
    public bool InputIsTerminal { get; init; }

    /// <summary>True when standard output is shown as it is written.</summary>
    public bool OutputIsTerminal { get; init; }

    /// <summary>True when standard error is shown as it is written.</summary>
    public bool ErrorIsTerminal { get; init; }

    /// <summary>Source of time.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Pause before a cluster that is starting is asked again.</summary>
    public TimeSpan StartingRetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a command waits for a name whose target is away.</summary>
    public TimeSpan UnavailableBudget { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A variable's value, null when unset or empty.</summary>
    public string? NonEmpty(string name) => Variable(name) is { Length: > 0 } value ? value : null;
}
