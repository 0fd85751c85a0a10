using System.Globalization;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Objects;
using Starling.Protocol.State.Commands;
using Starling.Simulation.Network;
using Starling.Simulation.Workload;
using Starling.Simulation.World;

namespace Starling.Simulation.Scripts;

/// <summary>Stories of listings beside placement that changes (rule B13).</summary>
public static class ListScripts
{
    private static readonly string[] All = ["t1", "t2", "t3"];
    private static readonly string[] Without1 = ["t2", "t3"];

    [Script]
    public static void PageListedWhileANameMoves(TextWriter? log)
    {
        var story = Begin(log, out var names);
        story.RunFor(1);
        story.SeesAll(names);

        // A name moves just behind the walk of its old owner, and just before the walk of its new one, or the other way round: at any moment of the drain.
        story.World.NeighborTimeoutNs = 3 * SimWorld.Second;
        story.Target("t1").SlowWalkNs = 40 * SimWorld.Millisecond;
        story.Target("t2").SlowReceiveNs = 30 * SimWorld.Millisecond;
        story.Target("t3").SlowReceiveNs = 30 * SimWorld.Millisecond;
        story.Out("t1");
        var pages = 0;
        while (!story.World.Checks.Newest.IsConverged)
        {
            story.SeesAll(names);
            pages++;
        }

        story.Require(pages >= 3, $"listed again and again meanwhile ({pages})");
        story.In("t1");
        while (!story.World.Checks.Newest.IsConverged)
        {
            story.SeesAll(names);
            pages++;
        }

        story.SeesAll(names);
        story.EndsWell();
    }

    [Script]
    public static void PageListedWhileANameMovesToASilentTarget(TextWriter? log)
    {
        // The name has left its old owner when that one is asked, or the new one does not answer: no page rather than a page without it.
        var story = Begin(log, out var names);
        story.HoldPasses(All);
        story.Out("t1");
        story.Adopted();
        story.SeesAll(names);
        story.World.Kill("t1");
        story.Require(story.Page(names, patienceSeconds: 1) is { Error.Code: ErrorCode.Unreachable }, "who may hold names is silent: no page");
        story.World.Start("t1");
        story.Until(() => story.Target("t1").HasLease, 60, "it is back");
        story.SeesAll(names);
        story.LetPass(All);
        story.Converged();
        story.World.Kill("t1");
        story.SeesAll(names);
        story.World.Start("t1");
        story.EndsWell();
    }

    [Script]
    public static void TombstoneHidesWhatItsOldOwnerStillLists(TextWriter? log)
    {
        var story = Begin(log, out var names);
        var name = story.NameThatMoves(("t1", All), ("t2", Without1));
        story.Put(name);
        story.HoldPasses(All);
        story.Out("t1");
        story.Adopted();
        story.Require(story.Do(ObjectCallKind.Delete, name).Error is null, "it is deleted at its new owner");
        story.Require(story.RecordAt("t1", name) is { IsLive: true, Head.IsTombstone: false }, "the old owner has the object still");
        story.SeesAll([.. names.Where(n => n.Name != name.Name)]);
        story.LetPass(All);
        story.Converged();
        story.SeesAll([.. names.Where(n => n.Name != name.Name)]);
        story.EndsWell();
    }

    [Script]
    public static void PageAskedAgainAfterALossBetweenItsSteps(TextWriter? log)
    {
        // The sender says that it holds nothing any more, the receiver loses what it took, the loss is declared, and only then the receiver is asked: its answer alone
        // would leave the name out, though the sender's copy counts again. The gateway does not hear of the loss: only who is asked can tell it.
        var story = Begin(log, out var names);
        var name = story.NameThatMoves(n => n.Digest % 2 == 0, ("t1", All), ("t2", Without1));
        story.Put(name);

        // What the receiver owned before lies there alone, and what lies on its first disk is lost with it.
        bool IsLost(ObjectName n) => n.Digest % 2 == 0 && story.OwnerAmong(All, n) == story.Node("t2").Id;
        var all = names.Append(name).DistinctBy(n => n.Name).Where(n => !IsLost(n)).ToArray();
        story.World.NeighborTimeoutNs = 300 * SimWorld.Second;
        story.Hold((_, _, message) => message is VerifyQuestion);
        story.Out("t1");
        story.Until(() => All.All(t => t != "t1" || story.Target(t).Store.Slots.All(s => s.Current is null or { IsLive: false })), 60, "everything is handed over");
        story.Hold((_, _, message) => message is VerifyQuestion or ListQuestion { IsForeign: false });
        var asking = story.World.Nodes.First(n => n is { IsGateway: true, IsUp: true } && n != story.Leader);
        var page = story.List(patienceSeconds: 300, gateway: asking);
        story.Until(() => story.World.HeldNeighbors.Any(h => h.Message is ListQuestion), 30, "the sender has answered, the owners are asked");
        story.World.Cut(asking.Name, NetworkKind.Control);
        story.World.ReplaceMountpath(story.Node("t2"), 0);
        story.Until(() => story.World.Checks.Newest.Node(story.Node("t2").Id)!.LostMountpathIds.Length == 1, 60, "the receiver comes back without a mountpath");
        var entry = story.World.Checks.Newest.Node(story.Node("t2").Id)!;
        var loss = story.Commit(new DeclareLost(entry.Id, entry.Session, story.World.Checks.Newest.Newest.Number, entry.LostMountpathIds, "script"));
        story.Require(loss.Error is null, $"the loss is declared: {loss.Error}");
        story.RunFor(1);
        story.Release();
        story.RunFor(1);
        story.World.Heal(asking.Name);
        story.Until(() => page.End is not null, 60, "the page ends");
        story.Require(page.Error is not null || page.End!.Value.Records.Any(r => r.Name == name.Name), "the name is on it, or there is no page");
        story.World.NeighborTimeoutNs = 3 * SimWorld.Second;
        story.SeesAll(all);
        story.Converged(120);
        story.SeesAll(all);
        story.EndsWell();
    }

    private static Story Begin(TextWriter? log, out ObjectName[] names)
    {
        var story = Story.Begin(log, targets: 3);
        story.CreateBucket();
        names = [.. Enumerable.Range(0, 40).Select(i => ObjectName.Parse(Story.Bucket("b"), "object-" + i.ToString("D2", CultureInfo.InvariantCulture)))];
        foreach (var name in names)
        {
            story.Put(name);
        }

        return story;
    }

    private static ListCall List(this Story story, string after = "", int limit = 100, double patienceSeconds = 10, SimNode? gateway = null)
    {
        gateway ??= story.World.Nodes.First(n => n is { IsGateway: true, IsUp: true });
        var call = new ListCall(story.World, gateway, Story.Bucket("b"), story.World.Checks.Newest.FindBucket(Story.Bucket("b"))!.Id, after, limit, (long)(patienceSeconds * SimWorld.Second));
        call.Start();
        return call;
    }

    private static ListAction Page(this Story story, IReadOnlyCollection<ObjectName> names, double patienceSeconds = 10)
    {
        var call = story.List(limit: names.Count + 10, patienceSeconds: patienceSeconds);
        story.Until(() => call.End is not null, patienceSeconds + 10, "the page ends");
        return call.End!.Value;
    }

    // All pages together name every object once, in their order; a refused page is asked for again.
    private static void SeesAll(this Story story, IReadOnlyCollection<ObjectName> names)
    {
        var seen = new List<string>();
        var (after, isLast) = (string.Empty, false);
        for (var tries = 0; !isLast; tries++)
        {
            story.Require(tries < 60, "the listing ends");
            var call = story.List(after, limit: 7);
            story.Until(() => call.End is not null, 20, "a page ends");
            if (call.Error is { } error)
            {
                story.Require(error.Code is ErrorCode.Unreachable or ErrorCode.Unavailable, $"refused for a while only: {error}");
                story.RunFor(0.2);
                continue;
            }

            seen.AddRange(call.End!.Value.Records.Select(r => r.Name));
            after = call.End.Value.Continuation;
            isLast = after.Length == 0;
        }

        var expected = names.Select(n => n.Name).Order(StringComparer.Ordinal).ToArray();
        story.Require(seen.SequenceEqual(expected), $"every name once: missing {string.Join(',', expected.Except(seen))}, too many {string.Join(',', seen.Except(expected))}, {seen.Count} of {expected.Length}");
    }
}
