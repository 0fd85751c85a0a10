using Starling.Simulation.Checks;
using Xunit;

namespace Starling.Tests.Simulation;

public class LinearizabilityTests
{
    [Fact]
    public void A_read_between_two_writes_may_return_either_while_they_overlap()
    {
        Assert.True(Check(Put(1, 0, 10), Put(2, 5, 15), Get(1, 6, 20), Get(2, 25, 30)));
        Assert.True(Check(Put(1, 0, 10), Put(2, 5, 15), Get(2, 6, 20), Get(1, 25, 30)));
    }

    [Fact]
    public void A_stale_read_is_rejected() => Assert.False(Check(Put(1, 0, 10), Put(2, 11, 15), Get(1, 16, 20)));

    [Fact]
    public void A_lost_update_is_rejected() => Assert.False(Check(Put(1, 0, 10), Absent(11, 12)));

    [Fact]
    public void A_read_that_goes_back_is_rejected() => Assert.False(Check(Put(1, 0, 10), Put(2, 5, 50), Get(2, 12, 13), Get(1, 14, 15)));

    [Fact]
    public void A_resurrected_object_is_rejected() => Assert.False(Check(Put(1, 0, 10), Delete(11, 12), Get(1, 13, 14)));

    [Fact]
    public void A_value_nobody_wrote_is_rejected() => Assert.False(Check(Put(1, 0, 10), Get(7, 11, 12)));

    [Fact]
    public void Two_winners_of_a_create_are_rejected() =>
        Assert.False(Check(Create(1, 0, 10, HistoryResult.Ok), Create(2, 0, 10, HistoryResult.Ok)));

    [Fact]
    public void A_create_that_fails_needs_something_that_was_there()
    {
        Assert.True(Check(Create(1, 0, 10, HistoryResult.Ok), Create(2, 0, 10, HistoryResult.ConditionFailed)));
        Assert.False(Check(Create(2, 0, 10, HistoryResult.ConditionFailed)));
    }

    [Fact]
    public void A_write_of_unknown_outcome_may_take_effect_late_or_never()
    {
        Assert.True(Check(Put(1, 0, 10), Unknown(2, 5), Get(1, 20, 21), Get(2, 30, 31)));
        Assert.True(Check(Put(1, 0, 10), Unknown(2, 5), Get(1, 20, 21)));
        Assert.False(Check(Put(1, 0, 10), Unknown(2, 5), Get(2, 20, 21), Get(1, 30, 31)));
    }

    [Fact]
    public void A_conditional_write_sees_exactly_what_it_expected()
    {
        Assert.True(Check(Put(1, 0, 10), Match(1, 2, 11, 12, HistoryResult.Ok), Get(2, 13, 14)));
        Assert.False(Check(Put(1, 0, 10), Match(1, 2, 11, 12, HistoryResult.Ok), Match(1, 3, 13, 14, HistoryResult.Ok)));
    }

    [Fact]
    public void Agrees_with_brute_force_on_small_random_histories()
    {
        var random = new Starling.Simulation.Engine.SimRandom(7, 1);
        int yes = 0, no = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var calls = new HistoryCall[random.Below(5) + 2];
            for (var i = 0; i < calls.Length; i++)
            {
                long begin = random.Below(12), end = begin + 1 + random.Below(8);
                calls[i] = random.Below(5) switch
                {
                    0 or 1 => Put(i + 1, begin, end),
                    2 => random.Below(2) == 0 ? Delete(begin, end) : Unknown(i + 1, begin),
                    3 => Create(i + 1, begin, end, random.Below(2) == 0 ? HistoryResult.Ok : HistoryResult.ConditionFailed),
                    _ => random.Below(3) == 0 ? Absent(begin, end) : Get(random.Below(calls.Length) + 1, begin, end),
                };
            }

            var expected = BruteForce([.. calls], 0);
            Assert.Equal(expected, Check(calls));
            _ = expected ? yes++ : no++;
        }

        Assert.True(yes > 1_000 && no > 1_000, $"{yes} linearizable, {no} not: the generator must make both");
    }

    private static bool BruteForce(List<HistoryCall> left, long state)
    {
        if (left.TrueForAll(c => c.Result == HistoryResult.Unknown))
        {
            return true;
        }

        foreach (var call in left)
        {
            if (left.Exists(o => o.AnsweredAtNs < call.CalledAtNs))
            {
                continue;
            }

            var next = call.Kind switch
            {
                HistoryKind.Get => call.Result == HistoryResult.Absent ? (state == 0 ? 0 : -1) : state == call.Value ? state : -1,
                HistoryKind.Delete => 0,
                HistoryKind.CreateIfAbsent when call.Result == HistoryResult.Ok => state == 0 ? call.Value : -1,
                HistoryKind.CreateIfAbsent => state != 0 ? state : -1,
                _ => call.Value,
            };
            var rest = new List<HistoryCall>(left);
            rest.Remove(call);
            if (next >= 0 && BruteForce(rest, next))
            {
                return true;
            }

            if (call.Result == HistoryResult.Unknown && BruteForce(rest, state))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Check(params HistoryCall[] calls) => Linearizability.Check(calls, out _);

    private static HistoryCall Call(HistoryKind kind, long value, long begin, long end, HistoryResult result, long expected = 0) =>
        new() { Kind = kind, Value = value, CalledAtNs = begin, AnsweredAtNs = end, Result = result, Expected = expected };

    private static HistoryCall Put(long value, long begin, long end) => Call(HistoryKind.Put, value, begin, end, HistoryResult.Ok);

    private static HistoryCall Unknown(long value, long begin) => Call(HistoryKind.Put, value, begin, long.MaxValue, HistoryResult.Unknown);

    private static HistoryCall Get(long value, long begin, long end) => Call(HistoryKind.Get, value, begin, end, HistoryResult.Ok);

    private static HistoryCall Absent(long begin, long end) => Call(HistoryKind.Get, 0, begin, end, HistoryResult.Absent);

    private static HistoryCall Delete(long begin, long end) => Call(HistoryKind.Delete, 0, begin, end, HistoryResult.Ok);

    private static HistoryCall Create(long value, long begin, long end, HistoryResult result) => Call(HistoryKind.CreateIfAbsent, value, begin, end, result);

    private static HistoryCall Match(long expected, long value, long begin, long end, HistoryResult result) =>
        Call(HistoryKind.PutIfMatch, value, begin, end, result, expected);
}
