using Starling.Protocol.Consensus;
using Starling.Protocol.Identity;
using Starling.Protocol.Node;

namespace Starling.Protocol.Ownership;

/// <summary>The target's side of rule B3: asks every 5 s, counts from the sending, and forgets everything whenever its clocks are in doubt.</summary>
internal sealed class LeaseHolder(NodeContext node, Raft raft)
{
    private const long RetryNs = 1_000_000_000;

    private readonly List<(long Number, long SentNs, long WallOffsetNs)> asked = [];
    private long lastNumber = node.Random.FirstNumber();
    private long lastTickNs = node.NowNs;
    private long askAtNs = node.NowNs;

    private Lease inForce = Lease.None;
    private Lease granted = Lease.None;

    /// <summary>
    /// The newest lease whose index is applied. A renewal that names an index which this target has not heard of yet takes nothing away: the lease
    /// before it runs to its own end.
    /// </summary>
    public Lease Lease => granted.SentNs != 0 && node.State.AppliedIndex >= granted.Index ? granted : inForce;

    private long WallOffsetNs => node.WallNs - node.NowNs;

    /// <param name="sessionApplied">Only a committed session is leased.</param>
    public void Tick(bool sessionApplied)
    {
        var gap = node.NowNs - lastTickNs;
        lastTickNs = node.NowNs;
        if (gap > Lease.MaxTickGapNs || ClocksDisagree())
        {
            Void();
        }

        if (!sessionApplied || node.NowNs < askAtNs || node.Stopping || raft.Leader is not { } leader)
        {
            return;
        }

        askAtNs = node.NowNs + RetryNs;
        asked.RemoveAll(a => node.NowNs - a.SentNs >= Lease.DurationNs);
        asked.Add((++lastNumber, node.NowNs, WallOffsetNs));
        if (leader == node.Self)
        {
            AskSelf?.Invoke(lastNumber);
        }
        else
        {
            node.Send(leader.Member, new LeaseRequest(lastNumber));
        }
    }

    /// <summary>The process stops: whoever comes after it need not wait for its lease.</summary>
    public void GiveUp() => Void();

    /// <summary>A caretaker asks itself, by the same rules.</summary>
    public Action<long>? AskSelf { get; set; }

    public void On(LeaseResponse response)
    {
        var position = asked.FindIndex(a => a.Number == response.Number);
        if (position < 0)
        {
            return;
        }

        var (_, sentNs, offset) = asked[position];
        asked.RemoveRange(0, position + 1);
        if (!response.Granted)
        {
            return;
        }

        askAtNs = Math.Max(askAtNs, sentNs + Lease.RenewNs);
        if (sentNs + Lease.DurationNs > granted.ExpiresNs)
        {
            inForce = Lease;
            granted = new Lease(sentNs, sentNs + Lease.DurationNs, response.Index, offset);
            node.ViewChanged = true;
        }
    }

    /// <summary>Questions that are still on the way do not count either: their anchor is in doubt.</summary>
    private void Void()
    {
        asked.Clear();
        askAtNs = node.NowNs;
        if (granted.SentNs != 0)
        {
            granted = inForce = Lease.None;
            node.ViewChanged = true;
        }
    }

    private bool ClocksDisagree()
    {
        var reference = granted.SentNs != 0 ? granted.WallOffsetNs : asked.Count > 0 ? asked[0].WallOffsetNs : WallOffsetNs;
        return Math.Abs(WallOffsetNs - reference) > Lease.MaxClockDisagreementNs;
    }
}
