using System.Text;
using Starling.Cli;
using Xunit;

namespace Starling.Tests.Cli;

/// <summary>What one command printed, and how it ended.</summary>
internal sealed record CliRun(int ExitCode, string Out, string Error, byte[] Bytes)
{
    /// <summary>Runs a command line in this process, words separated by blanks.</summary>
    public static Task<CliRun> Of(
        FakeCluster cluster, string commandLine, string input = "", bool terminal = false, string? directory = null, TimeProvider? time = null, CancellationToken cancellation = default) =>
        Of(cluster.Url, commandLine.Split(' ', StringSplitOptions.RemoveEmptyEntries), input, terminal, directory, time: time, cancellation: cancellation);

    public static async Task<CliRun> Of(
        string endpoint, string[] args, string input = "", bool terminal = false, string? directory = null, Func<string, string?>? variable = null, TimeProvider? time = null,
        CancellationToken cancellation = default)
    {
        using var stdout = new StringWriter { NewLine = "\n" };
        using var stderr = new StringWriter { NewLine = "\n" };
        using var bytes = new MemoryStream();
        var environment = new CliEnvironment
        {
            Variable = name => name == "AIS_ENDPOINT" ? endpoint : variable?.Invoke(name),
            WorkingDirectory = directory ?? Path.GetTempPath(),
            OpenInput = () => new MemoryStream(Encoding.UTF8.GetBytes(input)),
            OpenOutput = () => new Unclosed(bytes),
            InputIsTerminal = terminal,
            OutputIsTerminal = terminal,
            ErrorIsTerminal = terminal,
            Time = time ?? TimeProvider.System,
            StartingRetryDelay = TimeSpan.Zero,
            UnavailableBudget = TimeSpan.Zero,
        };
        var code = await CliApp.RunAsync(args, new StringReader(input), stdout, stderr, environment, cancellation);
        return new CliRun(code, stdout.ToString(), stderr.ToString(), bytes.ToArray());
    }

    /// <summary>Succeeded with exactly this on standard output and nothing on standard error.</summary>
    public void Prints(string expected) => Assert.Equal((0, expected.ReplaceLineEndings("\n") + "\n", string.Empty), (ExitCode, Out, Error));

    /// <summary>Failed with this code and this text on standard error, and nothing on standard output.</summary>
    public void Fails(int exitCode, string error) => Assert.Equal((exitCode, string.Empty, error.ReplaceLineEndings("\n") + "\n"), (ExitCode, Out, Error));

    private sealed class Unclosed(MemoryStream inner) : MemoryStream
    {
        public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);

        public override void Write(ReadOnlySpan<byte> buffer) => inner.Write(buffer);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => inner.WriteAsync(buffer, cancellationToken);

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => inner.WriteAsync(buffer, offset, count, cancellationToken);
    }
}
