using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.Objects;
using Starling.Protocol.Rebalance;
using Starling.Protocol.State;
using Starling.Storage.Files;
using Starling.Tests.Protocol.State;
using Starling.Tests.Storage;
using Xunit;

namespace Starling.Tests.Target.Rebalance;

/// <summary>Plans of transfers carried out on disks: what becomes of records, locks and marks.</summary>
public sealed class TransferRunTests : IDisposable
{
    private static readonly ClusterState Before = Fold.Serving(2);
    private static readonly ClusterState Draining = Before.Move((1, AdminState.Draining)) with { AppliedIndex = Before.AppliedIndex + 1 };
    private readonly HandTarget one = new(1, Before);
    private readonly HandTarget two = new(2, Before);

    public TransferRunTests() => HandTarget.Connect(one, two);

    private static ObjectName Name { get; } = Fold.NameOwnedBy(Draining, (1, 1), (2, 2));

    public void Dispose()
    {
        one.Dispose();
        two.Dispose();
    }

    [Fact]
    public async Task B8_a_record_is_handed_over_with_its_bytes_and_its_leftover_remembers_epoch_and_receiver()
    {
        await one.PutAsync(Name, "body");
        Assert.Equal(TransferOutcome.Owned, (await one.HandOffAsync(Name)).Outcome);
        HandTarget.Show(Draining, one, two);
        var end = await one.HandOffAsync(Name);
        Assert.Equal(TransferOutcome.HandedOff, end.Outcome);
        Assert.Equal(two.Id, end.Node);
        Assert.Equal($"leftover of 2 at {two.Id}", one.Look(Name));
        Assert.Equal("live", two.Look(Name));
        Assert.Equal(1, one.BytesTravelled);
        Assert.Equal(0, one.Node.InFlight.Count + two.Node.InFlight.Count);
        Assert.Equal(TransferOutcome.Gone, (await one.HandOffAsync(Name)).Outcome);
    }

    [Fact]
    public async Task B8_a_leftover_of_the_same_key_is_hashed_and_revived_instead_of_taking_the_bytes_again()
    {
        await one.PutAsync(Name, "body");
        HandTarget.Show(Draining, one, two);
        await one.HandOffAsync(Name);
        HandTarget.Show(Draining.Move((1, AdminState.In), (2, AdminState.Draining)), one, two);
        Assert.Equal(TransferOutcome.HandedOff, (await two.HandOffAsync(Name)).Outcome);
        Assert.Equal("live", one.Look(Name));
        Assert.Equal($"leftover of 3 at {one.Id}", two.Look(Name));
        Assert.Equal(0, two.BytesTravelled);
    }

    [Fact]
    public async Task B8_a_rotten_leftover_of_the_same_key_is_not_revived_and_the_bytes_travel()
    {
        await one.PutAsync(Name, "body");
        HandTarget.Show(Draining, one, two);
        await one.HandOffAsync(Name);
        var path = one.Disk!.Journal.Last(line => line.StartsWith("rename ", StringComparison.Ordinal)).Split(' ')[^1];
        using (var file = one.Faulty.Open(path, FileOpenMode.ReadWrite))
        {
            file.Write("bodx"u8, 0);
        }

        HandTarget.Show(Draining.Move((1, AdminState.In), (2, AdminState.Draining)), one, two);
        Assert.Equal(TransferOutcome.HandedOff, (await two.HandOffAsync(Name)).Outcome);
        Assert.Equal("live", one.Look(Name));
        Assert.Equal(1, two.BytesTravelled);
    }

    [Theory]
    [InlineData("changed", ErrorCode.ChecksumMismatch)]
    [InlineData("cut off", ErrorCode.ChecksumMismatch)]
    [InlineData("broken", ErrorCode.Unreachable)]
    public async Task B8_bytes_that_arrive_otherwise_than_they_left_are_not_taken_and_the_record_stays_live(string how, ErrorCode expected)
    {
        await one.PutAsync(Name, "body");
        HandTarget.Show(Draining, one, two);
        one.Wire = bytes => how switch { "changed" => [.. bytes[..^1], (byte)'x'], "cut off" => bytes[..^1], _ => null };
        var end = await one.HandOffAsync(Name);
        Assert.Equal(TransferOutcome.Failed, end.Outcome);
        Assert.Equal(expected, end.Error!.Code);
        Assert.Equal("live", one.Look(Name));
        Assert.Equal("nothing", two.Look(Name));

        one.Wire = static bytes => bytes;
        Assert.Equal(TransferOutcome.HandedOff, (await one.HandOffAsync(Name)).Outcome);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task I7_a_disk_that_refuses_on_either_side_is_an_answer_and_leaves_the_record_live_where_it_was(int failing)
    {
        await one.PutAsync(Name, "body");
        HandTarget.Show(Draining, one, two);
        (failing == 1 ? one : two).Faulty.FailNext("fsync directory", Errno.EIO);
        var end = await one.HandOffAsync(Name);
        Assert.Equal(TransferOutcome.Failed, end.Outcome);
        Assert.Equal("live", one.Look(Name));
        Assert.Equal(0, one.Node.InFlight.Count + two.Node.InFlight.Count);
        Assert.Equal(TransferOutcome.HandedOff, (await one.HandOffAsync(Name)).Outcome);
        Assert.Equal("live", two.Look(Name));
    }

    [Fact]
    public async Task B9_the_in_flight_mark_is_set_before_the_lock_is_waited_for_and_a_pass_of_a_later_epoch_sees_it()
    {
        await one.PutAsync(Name, "body");
        HandTarget.Show(Draining, one, two);
        await one.HandOffAsync(Name);
        var leftover = new LocalRecord(two.Head(Name), new HandOver(2, two.Id, IsVerified: false) { Index = Draining.AppliedIndex });
        var held = await one.Node.Locks.LockExclusiveAsync(Name.Digest, CancellationToken.None);
        var marking = one.RunAsync(Name, new VerifyMarkPlan(Name, leftover, new VerifyAnswer(VerifyVerdict.Held, 2)));
        Assert.Equal(1, one.Node.InFlight.Count);
        Assert.False(one.Node.InFlight.HasNoneBelow(3));
        held.Dispose();
        Assert.Equal(TransferOutcome.Verified, (await marking).Outcome);
        Assert.True(one.Node.InFlight.HasNoneBelow(3));
        Assert.Equal($"leftover of 2 at {two.Id}, verified", one.Look(Name));
    }

    [Fact]
    public async Task A_lock_that_does_not_come_free_ends_a_transfer_at_its_deadline_and_leaves_no_mark()
    {
        await one.PutAsync(Name, "body");
        HandTarget.Show(Draining, one, two);
        using (await one.Node.Locks.LockExclusiveAsync(Name.Digest, CancellationToken.None))
        {
            var end = await one.HandOffAsync(Name, TimeSpan.FromMilliseconds(50));
            Assert.Equal(TransferOutcome.Failed, end.Outcome);
            Assert.Equal(0, one.Node.InFlight.Count);
        }

        Assert.Equal(TransferOutcome.HandedOff, (await one.HandOffAsync(Name)).Outcome);
    }

    [Fact]
    public async Task B2_a_receiver_that_is_behind_catches_up_before_it_answers()
    {
        await one.PutAsync(Name, "body");
        HandTarget.Show(Draining, one);
        var handing = one.HandOffAsync(Name);
        Assert.False(handing.IsCompleted);
        HandTarget.Show(Draining, two);
        Assert.Equal(TransferOutcome.HandedOff, (await handing).Outcome);
    }
}
