using Starling.Simulation.World;

namespace Starling.Simulation.Scripts;

/// <summary>Stories about the beginning of clusters (rule A9).</summary>
public static class BootstrapScripts
{
    [Script]
    public static void TwoHalfFormedClusters(TextWriter? log)
    {
        for (ulong seed = 1; seed <= 12; seed++)
        {
            var story = new Story(new WorldOptions { Seed = seed, Gateways = 4, Targets = 2, Expect = 3, Log = log });
            story.World.StartAll();

            // The cut falls somewhere into the forming: before, between the consents, or after.
            story.RunFor(0.05 * seed);
            foreach (var (a, b) in new[] { ("g1", "g3"), ("g1", "g4"), ("g2", "g3"), ("g2", "g4") })
            {
                story.World.Cut(a, b);
            }

            story.RunFor(30);
            story.World.HealAll();
            story.Until(() => story.World.Nodes.TrueForAll(n => n.View!.ClusterId.Length > 0 && n.View.Waiting is null), 90, $"seed {seed}: one cluster of all");
            story.Until(() => story.Leader is not null, 10, "it has a leader");
            story.EndsWell();
        }
    }

    [Script]
    public static void TwoHalvesStartedAtOnce(TextWriter? log)
    {
        // Each half is large enough for its own idea, but more than half of all gateways must consent.
        var story = new Story(new WorldOptions { Seed = 3, Gateways = 4, Targets = 1, Expect = 3, Log = log });
        foreach (var (a, b) in new[] { ("g1", "g3"), ("g1", "g4"), ("g2", "g3"), ("g2", "g4") })
        {
            story.World.Cut(a, b);
        }

        story.World.StartAll();
        story.Always(() => story.World.Nodes.TrueForAll(n => string.IsNullOrEmpty(n.View?.ClusterId)), 40, "neither half forms a cluster");
        story.Require(story.World.Nodes.TrueForAll(n => n.View!.Waiting is not null), "each says what it waits for");
        story.World.HealAll();
        story.Until(() => story.Leader is not null, 60, "together they do");
        story.EndsWell();
    }

    [Script]
    public static void SecondClusterAfterAPowerCycleWithOneReplacedDisk(TextWriter? log)
    {
        foreach (var expect in new[] { 2, 3 })
        {
            var story = new Story(new WorldOptions { Seed = (ulong)expect, Gateways = 3, Targets = 2, Expect = expect, Log = log });
            story.World.StartAll();
            story.Until(() => story.Leader is not null && story.World.Nodes.TrueForAll(n => n.View!.Waiting is null), 60, "a cluster of all");
            story.Until(() => story.Leader?.View!.State.Newest.Targets.Length == 2, 60, "targets are in");
            story.CreateBucket();
            story.RunFor(2);
            var cluster = story.Node("g1").View!.ClusterId;
            foreach (var node in story.World.Nodes)
            {
                story.World.PowerOff(node);
            }

            // The empty one comes first and alone; then a gateway that remembers, but cannot be reached by it for a while.
            story.Node("g1").Disk.Wipe(directoryRemains: false);
            story.World.Start("g1");
            story.Always(() => story.Node("g1").View!.ClusterId.Length == 0 || story.Node("g1").View!.ClusterId == cluster, 30, "alone it forms nothing");
            story.World.Cut("g1", "g2");
            story.World.Start("g2");
            story.World.Start("t1");
            story.RunFor(15);
            story.World.HealAll();
            story.World.Start("g3");
            story.World.Start("t2");
            story.Until(() => story.World.Nodes.TrueForAll(n => n.View!.ClusterId == cluster && n.View.Waiting is null), 120, "the one cluster, with the new disk as a new incarnation");
            story.EndsWell();
        }
    }

    [Script]
    public static void ConsentGivenOnce(TextWriter? log)
    {
        // A founder consented and lost its proposer: it consents to nobody else, whatever it is asked, until the proposer answers.
        var story = new Story(new WorldOptions { Seed = 11, Gateways = 3, Targets = 0, Expect = 2, Log = log });
        var lowest = story.World.Nodes.Where(n => n.IsGateway).OrderBy(n => n.Id).First();
        var others = story.World.Nodes.Where(n => n != lowest).ToArray();
        story.World.Cut(lowest.Name, others[1].Name);
        story.World.Start(lowest);
        story.World.Start(others[0]);
        story.Until(() => others[0].Disk.Written.Bootstrap.Phase == Starling.Protocol.Bootstrap.BootstrapPhase.Consented, 20, "a consent");
        story.World.Kill(lowest);
        story.World.Start(others[1]);
        var consented = others[0].Disk.Written.Bootstrap.Proposal;
        story.Always(() => others[0].Disk.Written.Bootstrap.Proposal?.ProposalId == consented!.ProposalId, 60, "it keeps its one consent");
        story.World.HealAll();
        story.World.Start(lowest);
        story.Until(() => story.Leader is not null && story.World.Nodes.TrueForAll(n => n.View!.Waiting is null), 120, "the proposer comes back and they are one cluster");
        story.EndsWell();
    }
}
