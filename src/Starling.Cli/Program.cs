using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Starling.Cli;

using var interrupted = new CancellationTokenSource();
using var registration = PosixSignalRegistration.Create(PosixSignal.SIGINT, context =>
{
    // The second Ctrl-C ends the process the hard way, should the first one not be enough.
    context.Cancel = !interrupted.IsCancellationRequested;
    interrupted.Cancel();
});

var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
using var stdout = new StreamWriter(Console.OpenStandardOutput(), utf8, 32 * 1024) { AutoFlush = !Console.IsOutputRedirected };
using var stderr = new StreamWriter(Console.OpenStandardError(), utf8, 1024) { AutoFlush = true };
var environment = new CliEnvironment
{
    Variable = Environment.GetEnvironmentVariable,
    WorkingDirectory = Environment.CurrentDirectory,
    OpenInput = Console.OpenStandardInput,
    OpenOutput = Console.OpenStandardOutput,
    InputIsTerminal = !Console.IsInputRedirected,
    OutputIsTerminal = !Console.IsOutputRedirected,
    ErrorIsTerminal = !Console.IsErrorRedirected,
};

// At a terminal the terminal itself echoes and edits the line, whenever it was typed; Console.In would echo a second time what was typed before it was asked.
using var stdin = environment.InputIsTerminal ? new StreamReader(new FileStream(new SafeFileHandle(0, ownsHandle: false), FileAccess.Read, bufferSize: 1), utf8) : Console.In;
return await CliApp.RunAsync(args, stdin, stdout, stderr, environment, interrupted.Token).ConfigureAwait(false);
