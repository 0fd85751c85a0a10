using System.Buffers;
using System.Threading.Channels;

namespace Starling.Server.Logging;

/// <summary>
/// Writes log lines to file and console from one task. The queue is bounded and never blocks who logs: what does not fit is counted, and the count is
/// logged once there is room again.
/// </summary>
internal sealed class LogSink : IAsyncDisposable
{
    private const int MaxQueued = 8192;

    private readonly Channel<LogLine> lines = Channel.CreateBounded<LogLine>(new BoundedChannelOptions(MaxQueued) { SingleReader = true });
    private readonly RotatingFile? file;
    private readonly TextWriter? console;
    private readonly string nodeId;
    private readonly Task writing;
    private long lost;

    public LogSink(RotatingFile? file, TextWriter? console, string nodeId)
    {
        this.file = file;
        this.console = console;
        this.nodeId = nodeId;
        writing = WriteAsync();
    }

    /// <summary>Lines that did not fit.</summary>
    public long Lost => Interlocked.Read(ref lost);

    public void Add(LogLine line)
    {
        if (!lines.Writer.TryWrite(line))
        {
            Interlocked.Increment(ref lost);
        }
    }

    public async ValueTask DisposeAsync()
    {
        lines.Writer.TryComplete();
        await writing;
        file?.Dispose();
    }

    private async Task WriteAsync()
    {
        await Task.Yield();
        var buffer = new ArrayBufferWriter<byte>(16 * 1024);
        var reportedLost = 0L;
        while (await lines.Reader.WaitToReadAsync())
        {
            while (lines.Reader.TryRead(out var line))
            {
                Write(line, buffer);
            }

            var nowLost = Lost;
            if (nowLost > reportedLost)
            {
                Write(Complaint(nowLost - reportedLost), buffer);
                reportedLost = nowLost;
            }

            FlushFile();
        }
    }

    private void Write(LogLine line, ArrayBufferWriter<byte> buffer)
    {
        try
        {
            if (file is not null)
            {
                buffer.ResetWrittenCount();
                line.WriteJson(buffer, nodeId);
                file.Write(buffer.WrittenSpan);
            }
        }
        catch (IOException error)
        {
            // A full disk must not end the node; the console is all that is left to say so.
            console?.WriteLine($"the log file cannot be written: {error.Message}");
        }

        console?.WriteLine(line.ToText());
    }

    private void FlushFile()
    {
        try
        {
            file?.Flush();
        }
        catch (IOException error)
        {
            console?.WriteLine($"the log file cannot be written: {error.Message}");
        }
    }

    private static LogLine Complaint(long count) => new(
        DateTimeOffset.UtcNow, Microsoft.Extensions.Logging.LogLevel.Warning, "log", $"{count} log lines were lost: they came faster than they could be written", null, []);
}
