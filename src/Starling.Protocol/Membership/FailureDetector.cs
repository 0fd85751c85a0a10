using System.Collections.Immutable;
using Starling.Core.Names;
using Starling.Protocol.Identity;
using Starling.Protocol.Node;

namespace Starling.Protocol.Membership;

/// <summary>
/// Who answers, per network: direct probes of everybody in parallel, then <see cref="NodeSettings.IndirectProbes"/> indirect ones before a node is suspect.
/// The leader's memory (rule A15): nobody is removed for being silent.
/// </summary>
internal sealed class FailureDetector(NodeContext node)
{
    private const long DataProbeNs = 3_000_000_000;

    /// <summary>Between two ticks that lie further apart this process stood still: what it reads now may have been sent long ago.</summary>
    private const long GapNs = 1_000_000_000;

    private readonly SortedDictionary<NodeId, Watched> watched = [];
    private long sinceNs;
    private long lastNumber;

    /// <summary>Liveness as last computed; sorted by id.</summary>
    public ImmutableArray<MemberLiveness> Shown { get; private set; } = [];

    public void Start()
    {
        watched.Clear();
        followed = null;
        sinceNs = node.NowNs;
        tickedNs = node.NowNs;
        provesFrom = 0;
        Shown = [];
    }

    public void Stop()
    {
        watched.Clear();
        Shown = [];
    }

    /// <summary>A direct sign of life on the control network.</summary>
    public void Heard(NodeIdentity from, long appliedIndex, int featureLevel)
    {
        if (watched.TryGetValue(from.Id, out var w) && node.State.Node(from.Id)?.Incarnation == from.Incarnation)
        {
            w.HeardNs = w.Proven ? node.NowNs : w.HeardNs;
            w.Session = from.Session;
            w.FeatureLevel = featureLevel;
            w.AppliedIndex = Math.Max(w.AppliedIndex, appliedIndex);
        }
    }

    /// <summary>An answer to a probe of ours: it was sent after the probe was.</summary>
    public void On(NodeIdentity from, ProbeResponse response, long appliedIndex, int featureLevel)
    {
        if (watched.TryGetValue(from.Id, out var w))
        {
            w.Proven |= response.Number >= provesFrom;
        }

        Heard(from, appliedIndex, featureLevel);
    }

    public void On(IndirectProbeResponse response)
    {
        // It lives, but not for us: suspect no more, and reached over a hop.
        if (response.Number >= provesFrom && watched.TryGetValue(response.Subject, out var w))
        {
            w.IndirectNs = node.NowNs;
        }
    }

    public void On(DataProbed probed)
    {
        if (watched.TryGetValue(probed.Node, out var w))
        {
            w.DataMisses = probed.Reachable ? 0 : w.DataMisses + 1;
            w.DataKnown = true;
        }
    }

    public void Tick()
    {
        StartOverAfterGap();
        FollowMembers();
        var changed = false;
        foreach (var (id, w) in watched)
        {
            changed |= Judge(w);
            if (node.NowNs - w.ProbedNs < node.Settings.ProbeNs)
            {
                continue;
            }

            var entry = node.State.Node(id)!;
            ProbeData(id, w, entry.Addresses.Data);
            if (node.NowNs - w.HeardNs < node.Settings.ProbeNs)
            {
                continue; // It has just spoken, as it does when it answers heartbeats: a probe would tell nothing more.
            }

            w.ProbedNs = node.NowNs;
            node.SendTo(node.Book.Find(id)?.Address ?? entry.Addresses.Control, id, Incarnation.None, new ProbeRequest(++lastNumber, id));
            if (node.NowNs - w.HeardNs > node.Settings.SuspectNs)
            {
                AskOthers(id, node.Book.Find(id)?.Address ?? entry.Addresses.Control);
            }
        }

        if (changed || Shown.Length != watched.Count + 1 || node.NowNs - shownNs >= node.Settings.ProbeNs)
        {
            Show();
        }
    }

    /// <summary>Liveness of one member on the control network.</summary>
    public Liveness Of(NodeId id) => id == node.Self.Id ? Liveness.Online : watched.TryGetValue(id, out var w) ? w.Control : Liveness.Unknown;

    /// <summary>The process of a member that was heard last; none: nobody was.</summary>
    public SessionId SessionOf(NodeId id) => watched.TryGetValue(id, out var w) ? w.Session : SessionId.None;

    /// <summary>The highest feature level that the committed process of a member said it supports; 0: it was not heard yet.</summary>
    public int FeatureLevelOf(State.NodeEntry entry) => entry.Id == node.Self.Id ? node.Settings.HighestFeatureLevel
        : watched.TryGetValue(entry.Id, out var w) && w.Session != SessionId.None && w.Session == entry.Session ? w.FeatureLevel : 0;

    /// <summary>Whether a member was heard directly, not longer ago than this.</summary>
    public bool HeardWithin(NodeId id, long ns) => watched.TryGetValue(id, out var w) && w.HeardNs != 0 && node.NowNs - w.HeardNs <= ns;

    private long shownNs;
    private long tickedNs;
    private long provesFrom;

    // Nobody is dead because this process slept, and nobody lives because old messages wait to be read: everybody answers a new probe first.
    private void StartOverAfterGap()
    {
        if (node.NowNs - tickedNs > GapNs)
        {
            sinceNs = node.NowNs;
            provesFrom = lastNumber + 1;
            foreach (var w in watched.Values)
            {
                w.Proven = false;
                w.HeardNs = w.IndirectNs = 0;
            }
        }

        tickedNs = node.NowNs;
    }

    private void FollowMembers()
    {
        if (ReferenceEquals(followed, node.State.Nodes))
        {
            return;
        }

        followed = node.State.Nodes;
        foreach (var id in followed.Keys)
        {
            if (id != node.Self.Id && !watched.ContainsKey(id))
            {
                watched.Add(id, new Watched());
            }
        }

        foreach (var id in new List<NodeId>(watched.Keys))
        {
            if (!followed.ContainsKey(id))
            {
                watched.Remove(id);
            }
        }
    }

    private ImmutableSortedDictionary<NodeId, State.NodeEntry>? followed;

    private bool Judge(Watched w)
    {
        var heard = Math.Max(w.HeardNs, w.IndirectNs);
        var silence = node.NowNs - Math.Max(heard, sinceNs);
        var settings = node.Settings;
        var control = heard == 0 && silence <= settings.SuspectNs ? Liveness.Unknown
            : silence > settings.OfflineNs ? Liveness.Offline
            : silence > settings.SuspectNs + settings.ProbeNs ? Liveness.Suspect
            : heard == 0 ? Liveness.Unknown
            : Liveness.Online;
        var data = !w.DataKnown ? Liveness.Unknown : w.DataMisses == 0 ? Liveness.Online : w.DataMisses < 3 ? Liveness.Suspect : Liveness.Offline;
        var changed = control != w.Control || data != w.Data;
        w.Control = control;
        w.Data = data;
        return changed;
    }

    private void ProbeData(NodeId id, Watched w, string address)
    {
        if (node.NowNs - w.DataProbedNs >= DataProbeNs)
        {
            w.DataProbedNs = node.NowNs;
            node.Probe(id, address);
        }
    }

    private void AskOthers(NodeId subject, string address)
    {
        var asked = 0;
        var peers = node.Book.Peers;
        var start = peers.Count == 0 ? 0 : (int)node.Random.Next(peers.Count - 1);
        for (var i = 0; i < peers.Count && asked < node.Settings.IndirectProbes; i++)
        {
            var peer = peers[(start + i) % peers.Count];
            if (peer.Id != subject && watched.TryGetValue(peer.Id, out var w) && w.Control == Liveness.Online)
            {
                node.SendTo(peer.Address, peer.Id, node.State.Node(peer.Id)!.Incarnation, new IndirectProbeRequest(++lastNumber, subject, address));
                asked++;
            }
        }
    }

    private void Show()
    {
        shownNs = node.NowNs;
        var shown = ImmutableArray.CreateBuilder<MemberLiveness>(watched.Count + 1);
        foreach (var id in node.State.Nodes.Keys)
        {
            if (id == node.Self.Id)
            {
                shown.Add(new MemberLiveness(id, Liveness.Online, Liveness.Online, node.NowNs, node.State.AppliedIndex));
            }
            else if (watched.TryGetValue(id, out var w))
            {
                shown.Add(new MemberLiveness(id, w.Control, w.Data, Math.Max(w.HeardNs, w.IndirectNs), w.AppliedIndex));
            }
        }

        Shown = shown.ToImmutable();
        node.ViewChanged = true;
    }

    private sealed class Watched
    {
        public long HeardNs { get; set; }

        /// <summary>What it says is read as it is sent: it answered a probe since this process stood still.</summary>
        public bool Proven { get; set; } = true;

        public SessionId Session { get; set; }

        public int FeatureLevel { get; set; }

        public long IndirectNs { get; set; }

        public long ProbedNs { get; set; } = long.MinValue / 2;

        public long DataProbedNs { get; set; } = long.MinValue / 2;

        public int DataMisses { get; set; }

        public bool DataKnown { get; set; }

        public long AppliedIndex { get; set; }

        public Liveness Control { get; set; }

        public Liveness Data { get; set; }
    }
}

/// <summary>Answers probes, for oneself and on behalf of others; every node does.</summary>
internal sealed class ProbeDesk(NodeContext node)
{
    private const int Remembers = 256;
    private readonly SortedDictionary<long, (Member Asker, long Number, NodeId Subject)> passedOn = [];
    private long lastNumber = long.MinValue / 2;

    public void On(NodeIdentity from, string fromAddress, ProbeRequest request)
    {
        if (request.Expected == node.Self.Id)
        {
            node.SendTo(fromAddress, from.Id, from.Incarnation, new ProbeResponse(request.Number));
        }
    }

    public void On(NodeIdentity from, IndirectProbeRequest request)
    {
        passedOn.Add(++lastNumber, (from.Member, request.Number, request.Subject));
        if (passedOn.Count > Remembers)
        {
            passedOn.Remove(lastNumber - Remembers);
        }

        node.SendTo(request.Address, request.Subject, Incarnation.None, new ProbeRequest(lastNumber, request.Subject));
    }

    /// <summary>True when the answer belonged to somebody else's question.</summary>
    public bool On(NodeIdentity from, ProbeResponse response)
    {
        if (!passedOn.Remove(response.Number, out var asked))
        {
            return false;
        }

        // Another incarnation on the same machine is no sign of life of the member: it has to come in first (rule A7).
        if (asked.Subject == from.Id && node.State.Node(from.Id)?.Incarnation == from.Incarnation)
        {
            node.Send(asked.Asker, new IndirectProbeResponse(asked.Number, asked.Subject));
        }

        return true;
    }
}
