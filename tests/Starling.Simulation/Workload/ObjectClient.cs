using Starling.Core.Names;
using Starling.Simulation.World;

namespace Starling.Simulation.Workload;

/// <summary>One client: a request at a time, most of them on a few hot names, some on names of its own; reads often what it wrote.</summary>
public sealed class ObjectClient(SimWorld world, ObjectName[] hot, ObjectName[] cold, Func<bool> isOver, long thinkNs)
{
    private readonly SortedDictionary<string, long> _seen = new(StringComparer.Ordinal);
    private ObjectCall? _current;

    public bool IsBusy => _current is not null;

    public string Doing => _current?.ToString() ?? "nothing";

    public void Start() => Think();

    private void Think() => world.Schedule(world.WorkRandom.Between(thinkNs / 3, thinkNs * 2), Act);

    private void Act()
    {
        if (isOver())
        {
            return;
        }

        var random = world.WorkRandom;
        var name = random.Below(100) < 70 ? random.Pick(hot) : random.Pick(cold);
        var expected = _seen.GetValueOrDefault(name.Uname);
        var dice = random.Below(100);
        var kind = dice switch
        {
            < 30 => ObjectCallKind.Put,
            < 58 => ObjectCallKind.Get,
            < 66 => ObjectCallKind.Head,
            < 78 => ObjectCallKind.Delete,
            < 90 => ObjectCallKind.Create,
            _ => expected == 0 ? ObjectCallKind.Put : ObjectCallKind.Match,
        };
        _current = new ObjectCall(world, kind, name, world.NextValue(), expected, 30 * SimWorld.Second, Done);
        _current.Start();
    }

    private void Done(ObjectCall call)
    {
        _current = null;
        if (call is { Error: null, Found: not null } && call.Kind != ObjectCallKind.Delete)
        {
            _seen[call.Name.Uname] = call.Found.Value;
        }

        Think();
    }
}
