namespace Starling.Cli.Output;

/// <summary>Where the tool writes: results to Out, everything else to Error; colours only where they are wanted.</summary>
internal sealed class Terminal
{
    private readonly bool colourOut;
    private readonly bool colourError;

    public Terminal(TextReader input, TextWriter output, TextWriter error, CliEnvironment environment, string? colourChoice)
    {
        In = input;
        Out = output;
        Error = error;
        InputIsTerminal = environment.InputIsTerminal;
        ErrorIsTerminal = environment.ErrorIsTerminal;
        var allowed = environment.NonEmpty("NO_COLOR") is null && environment.Variable("TERM") != "dumb";
        colourOut = colourChoice switch { "always" => true, "never" => false, _ => allowed && environment.OutputIsTerminal };
        colourError = colourChoice switch { "always" => true, "never" => false, _ => allowed && environment.ErrorIsTerminal };
    }

    public TextReader In { get; }

    public TextWriter Out { get; }

    public TextWriter Error { get; }

    public bool InputIsTerminal { get; }

    public bool ErrorIsTerminal { get; }

    public string Paint(string text, Colour colour) => Paint(text, colour, colourOut);

    public string PaintError(string text, Colour colour) => Paint(text, colour, colourError);

    public void Warn(string text) => Error.WriteLine($"{PaintError("Warning:", Colour.Cyan)} {text}");

    public void Note(string text) => Error.WriteLine($"{PaintError("Note:", Colour.Blue)} {text}");

    /// <summary>Asks a yes-or-no question; no answer means no. Throws when there is nobody to ask.</summary>
    public async Task<bool> ConfirmAsync(string question, CancellationToken cancellation)
    {
        RequireAnswers(question);
        while (true)
        {
            var answer = await AnswerAsync($"{question} [Y/N]: ", cancellation).ConfigureAwait(false);
            switch (answer?.Trim().ToUpperInvariant())
            {
                case "Y" or "YES" or "TRUE" or "ON" or "1":
                    return true;
                case null or "" or "N" or "NO" or "FALSE" or "OFF" or "0":
                    Error.WriteLine("Operation canceled.");
                    return false;
                default:
                    Error.WriteLine("Invalid input! Choose 'Y' for 'Yes' or 'N' for 'No'");
                    break;
            }
        }
    }

    /// <summary>Shows a prompt and returns the line that is typed; null: the input has ended. A read of a terminal does not end by itself at Ctrl-C: it is left.</summary>
    public async Task<string?> AnswerAsync(string prompt, CancellationToken cancellation)
    {
        await Error.WriteAsync(prompt).ConfigureAwait(false);
        return await In.ReadLineAsync(cancellation).AsTask().WaitAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>Throws when there is nobody to ask.</summary>
    public void RequireAnswers(string question)
    {
        if (!InputIsTerminal)
        {
            throw new UsageException($"\"{question}\" needs an answer and standard input is not a terminal: say '--yes' to proceed");
        }
    }

    /// <summary>Asks to type a name, for what cannot be undone; anything else means no.</summary>
    public async Task<bool> ConfirmByNameAsync(string what, string name, CancellationToken cancellation)
    {
        RequireAnswers($"Type {what}");
        var answer = await AnswerAsync($"Type {what} ({name}) to proceed: ", cancellation).ConfigureAwait(false);
        if (answer?.Trim() == name && name.Length > 0)
        {
            return true;
        }

        Error.WriteLine("Operation canceled.");
        return false;
    }

    private static string Paint(string text, Colour colour, bool on) => on && colour != Colour.None ? $"\u001b[{(int)colour}m{text}\u001b[0m" : text;
}
