using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Protocol.Objects;

namespace Starling.Tests.Protocol.Rebalance.Model;

/// <content>What must hold after every step.</content>
internal sealed partial class ModelWorld
{
    /// <summary>The moment in which the lock is held and everything was checked (rule B5).</summary>
    public void CheckPass(ModelTarget target, ModelCall call)
    {
        var epoch = call.Key!.Value.Epoch;
        if (passers.TryGetValue(epoch, out var other) && other != target.Id)
        {
            throw new BrokenRuleException($"{target.Id} passes at epoch {epoch} after {other}");
        }

        if (passers.Count > 0 && passers.Keys.Last() > epoch)
        {
            throw new BrokenRuleException($"{target.Id} passes at epoch {epoch} after {passers.Keys.Last()}");
        }

        passers[epoch] = target.Id;
        if (call.Key <= call.Floor)
        {
            throw new BrokenRuleException($"{call.What}: key {call.Key} is not greater than what was acknowledged before, {call.Floor}");
        }
    }

    /// <summary>An answer to a client.</summary>
    public void CheckAnswer(ModelCall call, RecordHead? record)
    {
        Count($"Answered{call.Kind}");
        if (call.Kind == CallKind.Get)
        {
            CheckRead(call, record);
        }
        else if (call.Key is { } key)
        {
            call.IsEffective = true;
            floor = key > floor ? key : floor;
            if (call.Kind == CallKind.Create && Before(key) is { Kind: not CallKind.Delete } earlier && !Calls.Any(c => c.Kind == CallKind.Delete && c.Key > earlier.Key && c.Key < key))
            {
                throw new BrokenRuleException($"create if absent succeeded over {earlier.Key}");
            }
        }
        else if (call.Kind == CallKind.Delete && record is null)
        {
            CheckRead(call, null);
        }
    }

    private void CheckRead(ModelCall call, RecordHead? record)
    {
        if (record is not null)
        {
            var writer = Calls.FirstOrDefault(c => c.Key == record.Key);
            if (writer is { IsVoid: true })
            {
                return;
            }

            if (record.Key < call.Floor)
            {
                throw new BrokenRuleException($"{call.What} answers {record.Key}, older than {call.Floor}");
            }

            if (writer is not null)
            {
                writer.IsEffective = true;
            }

            floor = record.Key > floor ? record.Key : floor;
            return;
        }

        var known = Calls.FirstOrDefault(c => c.Key == call.Floor && c.Key is not null);
        if (known is null or { Kind: CallKind.Delete } or { IsVoid: true })
        {
            return;
        }

        var delete = Calls.Where(c => c.Kind == CallKind.Delete && c.Key > call.Floor).MinBy(c => c.Key!.Value);
        if (delete is null)
        {
            throw new BrokenRuleException($"{call.What} answers absent although {call.Floor} is current");
        }

        delete.IsEffective = true;
        floor = delete.Key!.Value > floor ? delete.Key.Value : floor;
    }

    private ModelCall? Before(RecordKey key) => Calls.Where(c => c is { IsEffective: true, IsVoid: false } && c.Key < key).MaxBy(c => c.Key!.Value);

    private void CheckAll()
    {
        var greatest = Calls.Where(c => c is { IsEffective: true, IsVoid: false }).Select(c => c.Key!.Value).DefaultIfEmpty().Max();
        if (greatest > GreatestLive(null) && greatest > forgotten)
        {
            throw new BrokenRuleException($"{greatest} was acknowledged or seen and is live nowhere");
        }

        foreach (var target in Targets)
        {
            var node = Head.Nodes[target.Id];
            var isHolding = target.Record is { HandOver: null } || Calls.Any(c => c.IsCommitting && ReferenceEquals(c.At, target));
            if (node.HoldsIntegers && !IsLostTo(target) && isHolding && !Head.Epochs.Any(e => e.Number >= node.Clean && e.OwnerOf(Name.Digest) == target.Id))
            {
                throw new BrokenRuleException($"{target.Id} is clean as of epoch {node.Clean} and holds what it owned in no epoch since");
            }
        }
    }

    /// <summary>The greatest key that is live on a disk that is not lost; unverified leftovers of lost receivers count.</summary>
    private RecordKey GreatestLive(ModelTarget? except) => Targets
        .Where(t => !ReferenceEquals(t, except) && !IsLostTo(t))
        .Select(t => t.Record?.Live(Head)?.Key ?? default)
        .DefaultIfEmpty()
        .Max();

    // What was only on the lost disk is excused; if somebody relied on it, so is the rest of the walk.
    private void Void(ModelTarget lost)
    {
        var left = GreatestLive(lost);
        foreach (var call in Calls.Where(c => c.Key is not null))
        {
            call.IsVoid |= (call.Key > left && lost.Record?.Head.Key >= call.Key) || (call.IsCommitting && ReferenceEquals(call.At, lost));
        }

        var greatest = Calls.Where(c => c.IsEffective).Select(c => c.Key!.Value).DefaultIfEmpty().Max();
        isExcused = greatest > left && greatest > forgotten;
    }
}
