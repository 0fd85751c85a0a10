using Starling.Cli;
using Starling.Cli.Output;
using Xunit;

namespace Starling.Tests.Cli;

/// <summary>Questions at a terminal.</summary>
public sealed class TerminalTests
{
    [Theory]
    [InlineData("yes or no")]
    [InlineData("a name")]
    public async Task Ctrl_C_ends_a_question_whose_answer_nobody_types(string kind)
    {
        using var error = new StringWriter();
        using var silent = new SilentReader();
        using var interrupt = new CancellationTokenSource();
        var environment = new CliEnvironment { Variable = _ => null, WorkingDirectory = Path.GetTempPath(), InputIsTerminal = true };
        var terminal = new Terminal(silent, TextWriter.Null, error, environment, null);
        var asked = kind == "a name" ? terminal.ConfirmByNameAsync("the id", "Xk3aBcDeF", interrupt.Token) : terminal.ConfirmAsync("Proceed?", interrupt.Token);
        await interrupt.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asked.WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.NotEmpty(error.ToString());
    }

    /// <summary>As a terminal is: a read that has begun does not end before a line is typed.</summary>
    private sealed class SilentReader : TextReader
    {
        public override ValueTask<string?> ReadLineAsync(CancellationToken cancellationToken) => new(new TaskCompletionSource<string?>().Task);
    }
}
