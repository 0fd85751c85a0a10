using Starling.Core.Names;
using Starling.Protocol.Objects;
using Starling.Protocol.Rebalance;
using Starling.Protocol.State;
using Starling.Tests.Protocol.State;
using Xunit;

namespace Starling.Tests.Protocol.Rebalance;

/// <summary>
/// A pass over a store in memory, its effects carried out in any order, with errors, crashes, moving epochs, owners that lose records and declared losses:
/// whatever happens, a report means that nothing which belongs elsewhere is live here and no leftover is unverified.
/// </summary>
public class DrainPassPropertyTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void B9_a_report_is_true_and_every_pass_ends_when_errors_stop(int seed)
    {
        var crashes = 0;
        var revivals = 0L;
        for (var run = 0; run < 150; run++)
        {
            var world = new PassWorld(new Random((seed * 1_000) + run));
            world.Run();
            crashes += world.Crashes;
            revivals += world.Revivals;
        }

        Assert.True(crashes > 100 && revivals > 50, $"{crashes} crashes, {revivals} revivals: this proves little");
    }

    private sealed class PassWorld(Random random)
    {
        private readonly SortedDictionary<string, (ObjectName Name, string Mountpath, LocalRecord Record)> store = new(StringComparer.Ordinal);
        private readonly SortedSet<string> held = new(StringComparer.Ordinal);
        private readonly SortedSet<string> vouched = new(StringComparer.Ordinal);
        private readonly List<PassEffect> todo = [];
        private ClusterState state = TransferScript.Moved;
        private DrainPass pass = new(["a", "b"], null);
        private PassProgress? durable;

        public int Crashes { get; private set; }

        public long Revivals { get; private set; }

        private ObjectView View => new(state, Fold.Target(1), state.Node(Fold.Target(1))!.Session, IsLeaseValid: false);

        public void Run()
        {
            for (var i = 0; i < 30; i++)
            {
                var name = ObjectName.Parse(Fold.Bucket(), $"n-{i:d2}");
                var head = i % 5 == 0 ? Objects.PlanScript.Tombstone() : Objects.PlanScript.Record();
                var earlier = random.Next(6) == 0;
                store[name.Uname] = (name, i % 2 == 0 ? "a" : "b", earlier ? TransferScript.Leftover(head, receiver: random.Next(2, 4)) : new LocalRecord(head));
                if (earlier && random.Next(2) == 0)
                {
                    held.Add(name.Uname);
                }
            }

            Step(new PassInput.ViewChanged(View));
            for (var steps = 0; !pass.IsEnded; steps++)
            {
                Assert.True(steps < 20_000, $"the pass does not end: {pass.Status}");
                var isCalm = steps > 600;
                if (!isCalm && random.Next(120) == 0)
                {
                    Crash();
                }
                else if (!isCalm && random.Next(200) == 0)
                {
                    Disturb();
                }
                else
                {
                    CarryOut(isCalm);
                }
            }
        }

        private void Step(PassInput input) => todo.AddRange(pass.Step(input));

        private void Crash()
        {
            Crashes++;
            foreach (var effect in todo.Where(_ => random.Next(2) == 0))
            {
                switch (effect)
                {
                    case PassEffect.SaveProgress save:
                        durable = save.Progress;
                        break;
                    case PassEffect.HandOff handOff:
                        HandOff(handOff.Name);
                        break;
                    case PassEffect.Mark mark:
                        Mark(mark);
                        break;
                }
            }

            todo.Clear();
            vouched.Clear();
            pass = new DrainPass(["a", "b"], durable, random.Next(1, 5));
            Step(new PassInput.ViewChanged(View));
        }

        private void Disturb()
        {
            switch (random.Next(4))
            {
                case 0 when state.Newest.Number == 2:
                    state = state.Move((2, AdminState.Draining));
                    break;
                case 1 when state.Newest.Number == 3 && state.Losses.IsEmpty:
                    state = TransferScript.Lose(state, 2, 3);
                    held.Clear();
                    break;
                case 2 when state.Newest.Number == 3:
                    state = state.Move((1, AdminState.In));
                    break;
                default:
                    // An owner loses what it held and nobody asked for yet.
                    held.RemoveWhere(uname => !vouched.Contains(uname) && !store[uname].Record.HandOver!.IsVerified && random.Next(4) == 0);
                    return;
            }

            Step(new PassInput.ViewChanged(View));
        }

        private void CarryOut(bool isCalm)
        {
            Assert.True(todo.Count > 0, $"nothing is under way and the pass does not end: {pass.Status}");
            var index = random.Next(todo.Count);
            var effect = todo[index];
            todo.RemoveAt(index);
            var fails = !isCalm && random.Next(15) == 0;
            switch (effect)
            {
                case PassEffect.AwaitWrites:
                    Step(new PassInput.WritesFinished());
                    break;
                case PassEffect.Flush flush:
                    Step(new PassInput.Flushed(flush.Mountpath, fails ? PlanChecks.Unavailable("flush") : null));
                    break;
                case PassEffect.SaveProgress save:
                    durable = fails ? durable : save.Progress;
                    Step(new PassInput.ProgressSaved(fails ? PlanChecks.Unavailable("save") : null));
                    break;
                case PassEffect.ReadPage read:
                    Step(fails ? new PassInput.PageFailed(read.Mountpath, PlanChecks.Unavailable("read")) : Page(read));
                    break;
                case PassEffect.HandOff handOff:
                    var outcome = fails ? TransferOutcome.Failed : HandOff(handOff.Name);
                    Step(new PassInput.HandOffEnded(handOff.Mountpath, handOff.Name, TransferAction.Done(outcome)));
                    break;
                case PassEffect.AskBatch ask:
                    Step(fails ? new PassInput.BatchAnswered(ask.Batch, [], PlanChecks.Unavailable("silent")) : Answer(ask));
                    break;
                case PassEffect.Mark mark:
                    var end = fails ? TransferAction.Fail(PlanChecks.Unavailable("mark")) : Mark(mark);
                    Step(new PassInput.MarkEnded(mark.Mountpath, mark.Name, end));
                    break;
                case PassEffect.RetryLater:
                    Step(new PassInput.Retry());
                    break;
                case PassEffect.ReportClean report:
                    CheckReport(report.Progress);
                    state = state.WithIntegers(1, state.Newest.Number, report.Progress.Epoch);
                    Step(new PassInput.ViewChanged(View));
                    break;
            }
        }

        private PassInput.Page Page(PassEffect.ReadPage read)
        {
            var rest = store.Values
                .Where(s => s.Mountpath == read.Mountpath && string.CompareOrdinal(s.Name.Uname, read.Cursor) > 0)
                .Where(s => read.Kind == WalkKind.Live ? !s.Record.IsLeftover : s.Record.HandOver is { IsVerified: false })
                .ToList();
            var page = rest.Take(random.Next(1, 4)).ToList();
            return new PassInput.Page(read.Mountpath, [.. page.Select(s => new WalkedRecord(s.Name, s.Record))], page.Count == 0 ? read.Cursor : page[^1].Name.Uname, page.Count == rest.Count, []);
        }

        private TransferOutcome HandOff(ObjectName name)
        {
            var (_, mountpath, record) = store[name.Uname];
            var owner = state.Newest.OwnerOf(name.Digest);
            if (record.Live(state) is not { } live)
            {
                return TransferOutcome.Gone;
            }

            if (owner == Fold.Target(1))
            {
                return TransferOutcome.Owned;
            }

            held.Add(name.Uname);
            store[name.Uname] = (name, mountpath, new LocalRecord(live, new HandOver(state.Newest.Number, owner, IsVerified: false)));
            return TransferOutcome.HandedOff;
        }

        private PassInput.BatchAnswered Answer(PassEffect.AskBatch ask)
        {
            if (ask.Epoch != state.Newest.Number)
            {
                return new PassInput.BatchAnswered(ask.Batch, [.. ask.Items.Select(_ => new VerifyAnswer(VerifyVerdict.Unknown, state.Newest.Number))]);
            }

            vouched.UnionWith(ask.Items.Select(item => item.Name.Uname).Where(held.Contains));
            return new PassInput.BatchAnswered(ask.Batch, [.. ask.Items.Select(item =>
                new VerifyAnswer(held.Contains(item.Name.Uname) ? VerifyVerdict.Held : VerifyVerdict.Missing, state.Newest.Number))]);
        }

        private TransferAction Mark(PassEffect.Mark mark)
        {
            var plan = new VerifyMarkPlan(mark.Name, mark.Leftover, mark.Answer);
            var (name, mountpath, record) = store[mark.Name.Uname];
            var action = plan.Next(TransferEvent.Started(View));
            while (!action.IsEnd)
            {
                switch (action.Kind)
                {
                    case TransferActionKind.LockName:
                        action = plan.Next(TransferEvent.Locked(View, record));
                        continue;
                    case TransferActionKind.MarkVerified:
                        store[name.Uname] = (name, mountpath, record with { HandOver = record.HandOver! with { IsVerified = true } });
                        break;
                    case TransferActionKind.Revive:
                        Revivals++;
                        store[name.Uname] = (name, mountpath, new LocalRecord(record.Head));
                        break;
                    default:
                        Assert.Fail($"{action.Kind} was not expected");
                        break;
                }

                action = plan.Next(TransferEvent.Stored(View));
            }

            return action;
        }

        private void CheckReport(PassProgress report)
        {
            Assert.Equal(report, durable);
            foreach (var (name, _, record) in store.Values)
            {
                var mayStay = state.Epochs.Any(e => e.Number >= report.Epoch && e.OwnerOf(name.Digest) == Fold.Target(1));
                Assert.True(record.Live(state) is null || mayStay, $"{name} is live and belongs elsewhere since epoch {report.Epoch}");
                Assert.True(record.HandOver is not { IsVerified: false } || mayStay, $"{name} is an unverified leftover");
                Assert.True(record.HandOver is not { IsVerified: true } || held.Contains(name.Uname) || !state.Losses.IsEmpty, $"{name} was verified and nobody holds it");
            }
        }
    }
}
