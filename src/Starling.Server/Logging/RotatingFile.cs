using System.Globalization;

namespace Starling.Server.Logging;

/// <summary>A log file that is renamed when it is full: <c>aisnode.log</c>, <c>aisnode.log.1</c> (newest) to <c>.N</c> (oldest).</summary>
internal sealed class RotatingFile : IDisposable
{
    private readonly string path;
    private readonly long maxBytes;
    private readonly int keep;
    private FileStream stream;

    public RotatingFile(string path, long maxBytes, int keep)
    {
        this.path = path;
        this.maxBytes = maxBytes;
        this.keep = keep;
        stream = Open();
    }

    public void Write(ReadOnlySpan<byte> lines)
    {
        if (stream.Length > 0 && stream.Length + lines.Length > maxBytes)
        {
            Rotate();
        }

        stream.Write(lines);
    }

    public void Flush() => stream.Flush();

    public void Dispose() => stream.Dispose();

    private void Rotate()
    {
        stream.Dispose();
        for (var number = keep; number >= 1; number--)
        {
            var from = number == 1 ? path : Numbered(number - 1);
            if (File.Exists(from))
            {
                File.Move(from, Numbered(number), overwrite: true);
            }
        }

        stream = Open();
    }

    private string Numbered(int number) => string.Create(CultureInfo.InvariantCulture, $"{path}.{number}");

    private FileStream Open() => new(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 16 * 1024);
}
