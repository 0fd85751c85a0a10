namespace Starling.Cli.Output;

/// <summary>
/// Bars of a transfer: objects and bytes. On a terminal they are redrawn in place, elsewhere one line per tenth, so that logs stay readable.
/// Thread-safe: transfers report as they finish.
/// </summary>
internal sealed class ProgressReport(Terminal terminal, TimeProvider time, Units units, bool enabled, string label, long totalCount, long totalBytes)
{
    private const int Width = 64;

    private static readonly TimeSpan RedrawAfter = TimeSpan.FromMilliseconds(100);

    private readonly Lock gate = new();
    private long count;
    private long bytes;
    private long lastDrawn;
    private int lastTenth;
    private bool drawn;

    /// <summary>Bytes on their way.</summary>
    public void AddBytes(long number) => Change(0, number);

    /// <summary>One object is through.</summary>
    public void AddObject() => Change(1, 0);

    /// <summary>Ends the bar's line.</summary>
    public void Finish()
    {
        lock (gate)
        {
            if (enabled && terminal.ErrorIsTerminal)
            {
                Draw();
                terminal.Error.WriteLine();
            }
        }
    }

    private void Change(long moreCount, long moreBytes)
    {
        lock (gate)
        {
            count += moreCount;
            bytes += moreBytes;
            if (!enabled)
            {
                return;
            }

            if (terminal.ErrorIsTerminal)
            {
                if (!drawn || time.GetElapsedTime(lastDrawn) >= RedrawAfter)
                {
                    Draw();
                }
            }
            else if ((int)(Share * 10) is var tenth && tenth > lastTenth)
            {
                lastTenth = tenth;
                terminal.Error.WriteLine($"{label} {count}/{totalCount}, {units.Size(bytes)}/{units.Size(totalBytes)} ({tenth * 10}%)");
            }
        }
    }

    private double Share => totalBytes > 0 ? Math.Min(1, (double)bytes / totalBytes) : totalCount > 0 ? (double)count / totalCount : 1;

    private void Draw()
    {
        var full = (int)(Share * Width);
        terminal.Error.Write($"\r{label} {count}/{totalCount} [{new string('=', full)}{new string('-', Width - full)}] {units.Size(bytes)}/{units.Size(totalBytes)} ");
        lastDrawn = time.GetTimestamp();
        drawn = true;
    }
}
