using System.Runtime.InteropServices;
using Starling.Loader;

using var interrupted = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
return await new LoaderApp(Console.Out, Console.Error, Environment.GetEnvironmentVariable).RunAsync(args, interrupted.Token);

void Stop(PosixSignalContext context)
{
    // The run ends cleanly with its totals.
    context.Cancel = true;
    interrupted.Cancel();
}
