namespace Starling.Simulation.Checks;

/// <summary>What a client asked of one name.</summary>
public enum HistoryKind
{
    Put,
    CreateIfAbsent,
    PutIfMatch,
    Delete,
    Get,
}

/// <summary>How the answer of one call reads.</summary>
public enum HistoryResult
{
    /// <summary>No answer, or "unknown outcome": it may have happened at any time after the call, or never.</summary>
    Unknown,

    /// <summary>Done; a read found <see cref="HistoryCall.Value"/>.</summary>
    Ok,

    /// <summary>Proven absent.</summary>
    Absent,

    /// <summary>The condition did not hold: nothing was changed.</summary>
    ConditionFailed,
}

/// <summary>One call on one name, as its client saw it.</summary>
public sealed class HistoryCall
{
    public required HistoryKind Kind { get; init; }

    public required long CalledAtNs { get; init; }

    /// <summary>Written value, or the value a read returned; values are unique, 0 is "absent".</summary>
    public long Value { get; set; }

    /// <summary>For <see cref="HistoryKind.PutIfMatch"/>: the value that must be there.</summary>
    public long Expected { get; init; }

    public HistoryResult Result { get; set; } = HistoryResult.Unknown;

    public long AnsweredAtNs { get; set; } = long.MaxValue;

    public override string ToString() =>
        $"[{CalledAtNs / 1e9:F6}..{(AnsweredAtNs == long.MaxValue ? "?" : (AnsweredAtNs / 1e9).ToString("F6", System.Globalization.CultureInfo.InvariantCulture))}] {Kind} value {Value} expected {Expected}: {Result}";
}

/// <summary>
/// Wing-Gong-Lowe search over the calls on one name: is there an order of the calls, each between its call and its answer, that a register explains?
/// </summary>
public static class Linearizability
{
    private const int MaxSteps = 4_000_000;

    /// <summary>True when an order exists. A search that exceeds its budget is reported as a failure, never as a pass.</summary>
    public static bool Check(IReadOnlyList<HistoryCall> calls, out string reason)
    {
        reason = string.Empty;
        var relevant = Relevant(calls);
        if (relevant.Length == 0)
        {
            return true;
        }

        var search = new Search(relevant);
        if (search.Run())
        {
            return true;
        }

        reason = search.Exhausted ? "the search for an order exceeded its budget" : "no order of the calls explains the answers";
        return false;
    }

    private static HistoryCall[] Relevant(IReadOnlyList<HistoryCall> calls)
    {
        var observed = new HashSet<long>();
        var sensitive = false;
        foreach (var call in calls)
        {
            if (call.Kind == HistoryKind.Get && call.Result == HistoryResult.Ok)
            {
                observed.Add(call.Value);
            }

            if (call.Kind == HistoryKind.PutIfMatch && call.Result == HistoryResult.Ok)
            {
                observed.Add(call.Expected);
            }

            // Answers that say "something is there" without saying what: an unseen write may be what they saw.
            sensitive |= call.Result == HistoryResult.ConditionFailed || (call.Kind == HistoryKind.Delete && call.Result == HistoryResult.Ok);
        }

        var kept = new List<HistoryCall>(calls.Count);
        foreach (var call in calls)
        {
            if (call.Result == HistoryResult.Unknown)
            {
                if (call.Kind == HistoryKind.Get)
                {
                    continue;
                }

                if (call.Kind != HistoryKind.Delete && !observed.Contains(call.Value) && !sensitive)
                {
                    continue;
                }
            }

            kept.Add(call);
        }

        kept.Sort(static (x, y) => x.CalledAtNs != y.CalledAtNs ? x.CalledAtNs.CompareTo(y.CalledAtNs) : x.AnsweredAtNs.CompareTo(y.AnsweredAtNs));
        return [.. kept];
    }

    private sealed class Search(HistoryCall[] calls)
    {
        private readonly ulong[] _done = new ulong[(calls.Length + 63) / 64];
        private readonly HashSet<(UInt128 Done, long State)> _seen = [];
        private readonly int _mustAnswer = calls.Count(c => c.Result != HistoryResult.Unknown);
        private UInt128 _doneHash;
        private int _steps;

        public bool Exhausted { get; private set; }

        public bool Run() => Step(0, 0, 0);

        // Depth-first over "which call takes effect next": any call that began before the earliest answer still outstanding.
        private bool Step(long state, int answered, int first)
        {
            if (answered == _mustAnswer)
            {
                return true;
            }

            if (++_steps > MaxSteps)
            {
                Exhausted = true;
                return false;
            }

            while (first < calls.Length && IsDone(first))
            {
                first++;
            }

            var horizon = long.MaxValue;
            for (var i = first; i < calls.Length && calls[i].CalledAtNs <= horizon; i++)
            {
                if (!IsDone(i) && calls[i].AnsweredAtNs < horizon)
                {
                    horizon = calls[i].AnsweredAtNs;
                }
            }

            return Try(state, answered, first, horizon, unknown: false) || (!Exhausted && Try(state, answered, first, horizon, unknown: true));
        }

        private bool Try(long state, int answered, int first, long horizon, bool unknown)
        {
            for (var i = first; i < calls.Length && calls[i].CalledAtNs <= horizon; i++)
            {
                if (IsDone(i) || (calls[i].Result == HistoryResult.Unknown) != unknown || !Applies(calls[i], state, out var next))
                {
                    continue;
                }

                if (unknown && next == state)
                {
                    continue;
                }

                Mark(i);
                if (_seen.Add((_doneHash, next)) && Step(next, answered + (unknown ? 0 : 1), first))
                {
                    return true;
                }

                Mark(i);
                if (Exhausted)
                {
                    return false;
                }
            }

            return false;
        }

        private static bool Applies(HistoryCall call, long state, out long next)
        {
            next = state;
            switch (call.Kind)
            {
                case HistoryKind.Get:
                    return call.Result == HistoryResult.Absent ? state == 0 : state == call.Value;
                case HistoryKind.Put:
                    next = call.Value;
                    return true;
                case HistoryKind.Delete:
                    next = 0;
                    return call.Result switch { HistoryResult.Absent => state == 0, HistoryResult.Ok => true, _ => true };
                case HistoryKind.CreateIfAbsent:
                    return Conditional(call, state, state == 0, ref next);
                default:
                    return Conditional(call, state, state == call.Expected, ref next);
            }
        }

        private static bool Conditional(HistoryCall call, long state, bool holds, ref long next)
        {
            switch (call.Result)
            {
                case HistoryResult.Ok:
                    next = call.Value;
                    return holds;
                case HistoryResult.ConditionFailed:
                    return !holds;
                case HistoryResult.Absent:
                    return state == 0;
                default:
                    next = holds ? call.Value : state;
                    return true;
            }
        }

        private bool IsDone(int i) => (_done[i >> 6] & (1UL << (i & 63))) != 0;

        private void Mark(int i)
        {
            _done[i >> 6] ^= 1UL << (i & 63);
            _doneHash ^= Mix((ulong)i + 1);
        }

        private static UInt128 Mix(ulong i) => unchecked(new UInt128(i * 0x9E3779B97F4A7C15 ^ (i * 0xBF58476D1CE4E5B9 >> 7), (i + 77) * 0x94D049BB133111EB ^ (i * 0xD1B54A32D192ED03 >> 11)));
    }
}
