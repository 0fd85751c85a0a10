using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Starling.ClusterTests.Documentation;

/// <summary>
/// A shell in a terminal, in which a test types as a user does and reads what the user sees: both streams as they come, colours, questions, TAB, Ctrl-C.
/// </summary>
internal sealed partial class TerminalSession : IAsyncDisposable
{
    /// <summary>Ctrl-C, as a terminal sends it.</summary>
    public const string Interrupt = "\u0003";

    private const int Columns = 100;
    private const int Tabs = 6;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(180);
    private static readonly TimeSpan PatienceWithTab = TimeSpan.FromSeconds(10);

    private readonly Process process;
    private readonly char[] buffer = new char[4096];
    private readonly StringBuilder screen = new();
    private Task<int>? reading;

    private TerminalSession(Process process) => this.process = process;

    /// <summary>Starts a shell and waits for its first prompt.</summary>
    /// <param name="folder">Where it stands; empty, since a shell that has no candidates offers files.</param>
    /// <param name="file">The start file that is written for it.</param>
    /// <param name="setup">Lines of that file: what a user has in the own one.</param>
    /// <param name="environment">Variables besides those of this process.</param>
    public static async Task<TerminalSession> StartAsync(string folder, string file, string[] setup, IReadOnlyDictionary<string, string> environment)
    {
        await File.WriteAllLinesAsync(file, ["PS1='@prompt:$?@'", "unset HISTFILE", "bind 'set enable-bracketed-paste off'", "bind 'set bell-style none'", .. setup]);

        // The program 'script' gives a terminal to what it runs; 'env', because a test that runs in the background was told to ignore Ctrl-C, and so would all that it starts.
        var info = new ProcessStartInfo(
            "env", ["--default-signal=INT", "script", "--quiet", "--return", "--command", $"stty cols {Columns}; exec bash --noprofile --rcfile {file} -i", "/dev/null"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            WorkingDirectory = folder,
        };
        foreach (var (name, value) in environment.Append(new("TERM", "xterm")).Append(new("SHELL", "/bin/bash")))
        {
            info.Environment[name] = value;
        }

        info.Environment.Remove("NO_COLOR");
        var session = new TerminalSession(Process.Start(info) ?? throw new InvalidOperationException("cannot start 'script'"));
        try
        {
            await session.ReadAsync(() => Prompt().IsMatch(session.screen.ToString()), "the first prompt");
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }

    /// <summary>What came since the last command was typed, colours included, without the line of the command itself.</summary>
    public string Seen => Echo().Replace(Ending().Replace(screen.ToString(), "\n"), string.Empty, 1);

    /// <summary>Types a command and the key that sends it; what was on the screen before counts no more.</summary>
    public async Task TypeAsync(string command)
    {
        screen.Clear();
        await SendAsync(command + "\r");
    }

    /// <summary>Types keys, without the one that sends them.</summary>
    public async Task SendAsync(string keys)
    {
        await process.StandardInput.WriteAsync(keys);
        await process.StandardInput.FlushAsync();
    }

    /// <summary>Types the beginning of a command and TAB twice; returns what the shell offers, and drops the line.</summary>
    public async Task<string> CompleteAsync(string beginning)
    {
        screen.Clear();
        await SendAsync(beginning);
        for (var left = Tabs; ; left--)
        {
            await SendAsync("\t\t");
            try
            {
                await ReadAsync(() => Prompt().IsMatch(Seen), $"candidates after '{beginning}'", PatienceWithTab);
                break;
            }
            catch (TimeoutException) when (left > 1)
            {
                // Names that only the cluster knows are offered when it answers at once; else one types TAB again.
            }
        }

        var offered = Prompt().Split(Seen)[0];

        // Without the key that sends a line: it would bring a second prompt, which the next command would take for its own.
        screen.Clear();
        await SendAsync(Interrupt);
        await ReadAsync(() => Prompt().IsMatch(Seen), "a prompt after Ctrl-C");
        return offered;
    }

    /// <summary>Reads until the prompt is back; returns the exit code and what was said.</summary>
    public async Task<(int Code, string Said)> EndAsync()
    {
        await ReadAsync(() => Prompt().IsMatch(Seen), "the command to end");
        var parts = Prompt().Split(Seen);
        return (int.Parse(parts[1], CultureInfo.InvariantCulture), parts[0]);
    }

    /// <summary>Reads until the screen shows what is waited for.</summary>
    public async Task ReadAsync(Func<bool> condition, string what, TimeSpan? patience = null)
    {
        using var deadline = new CancellationTokenSource(patience ?? Patience);
        while (!condition())
        {
            // A read that is given up would take what comes next with it: it is awaited again by the next one.
            reading ??= process.StandardOutput.ReadAsync(buffer, 0, buffer.Length);
            try
            {
                await reading.WaitAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"waited {(patience ?? Patience).TotalSeconds} s in vain for {what}; seen:\n{Seen}");
            }

            var count = await reading;
            reading = null;
            if (count == 0)
            {
                throw new InvalidOperationException($"the shell ended before {what}; seen:\n{screen}\n{await process.StandardError.ReadToEndAsync(CancellationToken.None)}");
            }

            screen.Append(buffer, 0, count);
        }
    }

    /// <summary>A text without what a terminal makes colours and modes of.</summary>
    public static string Plain(string text) => Escape().Replace(text, string.Empty);

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.Kill(entireProcessTree: true);
        }

        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await process.WaitForExitAsync(deadline.Token);
        process.Dispose();
    }

    /// <summary>The shell's prompt, with the exit code of the last command.</summary>
    [GeneratedRegex("@prompt:(\\d+)@")]
    private static partial Regex Prompt();

    /// <summary>What the terminal shows of keys: all up to the end of the first line.</summary>
    [GeneratedRegex("^[^\n]*(\n|$)")]
    private static partial Regex Echo();

    [GeneratedRegex("\r+\n")]
    private static partial Regex Ending();

    [GeneratedRegex("\u001b\\[[?0-9;]*[A-Za-z]|\u001b[=>]")]
    private static partial Regex Escape();
}
