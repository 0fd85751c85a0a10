using Starling.Protocol.Rebalance;

namespace Starling.Target.Rebalance;

/// <summary>Counts what passes do; thread-safe.</summary>
internal sealed class PassCounters
{
    private long passes;
    private long objects;
    private long bytes;
    private long present;
    private long presentBytes;
    private long verified;
    private long revived;
    private long errors;
    private int inFlight;
    private int window;

    public PassTotals Totals => new(
        Interlocked.Read(ref passes),
        Interlocked.Read(ref objects),
        Interlocked.Read(ref bytes),
        Interlocked.Read(ref present),
        Interlocked.Read(ref presentBytes),
        Interlocked.Read(ref verified),
        Interlocked.Read(ref revived),
        Interlocked.Read(ref errors),
        Volatile.Read(ref inFlight),
        Volatile.Read(ref window));

    public void Began() => Interlocked.Increment(ref passes);

    public void Paced(int maxInFlight) => Volatile.Write(ref window, maxInFlight);

    public void Entered() => Interlocked.Increment(ref inFlight);

    public void Left(in TransferAction end)
    {
        Interlocked.Decrement(ref inFlight);
        switch (end.Outcome)
        {
            case TransferOutcome.HandedOff when !end.HasTravelled:
                Interlocked.Increment(ref present);
                Interlocked.Add(ref presentBytes, end.Record?.SizeBytes ?? 0);
                break;
            case TransferOutcome.HandedOff:
                Interlocked.Increment(ref objects);
                Interlocked.Add(ref bytes, end.Record?.SizeBytes ?? 0);
                break;
            case TransferOutcome.Verified:
                Interlocked.Increment(ref verified);
                break;
            case TransferOutcome.Revived:
                Interlocked.Increment(ref revived);
                break;
            case TransferOutcome.Failed:
                Interlocked.Increment(ref errors);
                break;
            default:
                break;
        }
    }
}
