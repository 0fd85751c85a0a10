using System.Net;
using System.Text;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Protocol.Objects;
using Starling.Protocol.Rebalance;
using Starling.Protocol.State;
using Starling.Storage.Objects;
using Starling.Target.Neighbors;
using Starling.Target.Objects;
using Starling.Tests.Protocol.State;
using Xunit;

namespace Starling.Tests.Target.Neighbors;

/// <summary>Questions between targets, in bytes, with the real plans and stores on both sides.</summary>
public sealed class NeighborTests : IDisposable
{
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(20);

    private readonly NeighborWorld world = new(3);

    public void Dispose() => world.Dispose();

    [Theory]
    [InlineData(10), InlineData(300_000)]
    public async Task B7_a_read_at_the_new_owner_brings_the_bytes_whole_or_in_part_from_the_old_one(int sizeBytes)
    {
        var (after, name) = Moving(2);
        var body = Body(sizeBytes);
        await world[1].PutAsync(name, body);
        world.Publish(after);

        Assert.Equal(body, await world[2].GetAsync(name));
        Assert.Equal(body[3..8], await world[2].GetAsync(name, new BytePart(3, 5)));
        Assert.Null(world[2].RecordOf(name));
        var head = await new Starling.Target.Objects.ObjectReader(world[2].Node).ReadAsync(name, world.Bucket, withContent: false, Conditions.None, CancellationToken.None);
        Assert.Equal(world[1].RecordOf(name)!.Custom, head.Record!.Custom);
        Assert.Equal(world[1].RecordOf(name)! with { Custom = [] }, head.Record with { Custom = [] });
    }

    [Fact]
    public async Task B7_absent_needs_the_answer_of_who_may_hold_it_and_silence_is_never_not_found()
    {
        var (after, name) = Moving(2);
        world.Publish(after);
        Assert.Equal(ErrorCode.ObjectNotFound, (await Assert.ThrowsAsync<StoreException>(() => world[2].GetAsync(name))).Error.Code);

        foreach (var fault in (Func<HttpRequestMessage, Task<HttpResponseMessage?>>[])
        [
            _ => throw new HttpRequestException("connection refused"),
            _ => Task.FromResult<HttpResponseMessage?>(new(HttpStatusCode.ServiceUnavailable) { Content = new StringContent("busy") }),
            _ => Task.FromResult<HttpResponseMessage?>(new(HttpStatusCode.OK) { Content = new ByteArrayContent([1, 2, 3]) }),
        ])
        {
            world.Tap = fault;
            Assert.Equal(ErrorCode.Unreachable, (await Assert.ThrowsAsync<StoreException>(() => world[2].GetAsync(name))).Error.Code);
        }
    }

    [Fact]
    public async Task B7_a_read_starts_over_when_the_bytes_are_gone_and_finds_them_where_they_went()
    {
        var (after, name) = Moving(2);
        await world[1].PutAsync(name, "body");
        world.Publish(after);
        var opened = 0;
        world.Tap = async request =>
        {
            if (request.RequestUri!.AbsolutePath == NeighborPaths.Content && Interlocked.Increment(ref opened) == 1)
            {
                // Between the answer to the look and the bytes: the record changes hands, and its leftover is reclaimed.
                await world[2].PutAsync(name, "newer");
                await world[1].Store.MarkLeftoverAsync(name, world[1].RecordOf(name)!.Key, 2, world[2].Id, CancellationToken.None);
                world[1].Store.Reclaim(name, world[1].RecordOf(name)!.Key);
                var leftover = world[1].RecordOf(name)!;
                await world[1].Store.MarkVerifiedAsync(name, leftover.Key, leftover.Leftover!, CancellationToken.None);
                Assert.True(world[1].Store.Reclaim(name, leftover.Key) >= 0);
            }

            return null;
        };
        Assert.Equal("newer", Encoding.UTF8.GetString(await world[2].GetAsync(name)));
        Assert.Equal(1, opened);
    }

    [Fact]
    public async Task B8_many_small_records_share_requests_and_every_one_is_answered_for_itself()
    {
        var after = world.Draining();
        var names = await PutMovingAsync(after, ContentGuess.Row + 200);

        // The receiver asks for the content of the first ones; by then it is known what it needs.
        world.Publish(after);
        foreach (var name in names[..ContentGuess.Row])
        {
            await PushAsync(name);
        }

        Assert.Equal(ContentGuess.Row, world.Requests.Count(path => path == NeighborPaths.Content));
        world.Requests.Clear();
        names = names[ContentGuess.Row..];
        var answers = await Task.WhenAll(names.Select(name => PushAsync(name)));
        Assert.All(answers, answer => Assert.Equal(PushAnswerKind.Held, answer.Kind));
        foreach (var (name, answer) in names.Zip(answers))
        {
            Assert.Equal(world[1].RecordOf(name)!.Key, answer.Key);
            Assert.Equal(name.Name, Encoding.UTF8.GetString(await world[2].GetAsync(name)));
        }

        Assert.InRange(world.Requests.Count(path => path == NeighborPaths.Push), 4, names.Length / 4);
        Assert.DoesNotContain(NeighborPaths.Content, world.Requests);
    }

    [Fact]
    public async Task B8_small_content_does_not_travel_to_a_receiver_that_has_it_but_for_what_changed()
    {
        var after = world.Draining();
        var names = await PutMovingAsync(after);

        // The receiver has all but a few.
        world.Publish(after);
        foreach (var name in names)
        {
            await PushAsync(name);
        }

        foreach (var name in names[..4])
        {
            await world[2].Store.ForgetAsync(name, world.Bucket.Id, Durability.Durable, CancellationToken.None);
        }

        var again = after.Move((3, AdminState.Draining)).Move((3, AdminState.In));
        world.Publish(again with { AppliedIndex = after.AppliedIndex + 10 });
        world.Requests.Clear();
        var contents = 0;
        world.Tap = async request =>
        {
            if (request.RequestUri!.AbsolutePath == NeighborPaths.Push)
            {
                contents += NeighborCodec.ReadPush(await request.Content!.ReadAsByteArrayAsync()).Items.Count(item => item.Content is not null);
            }

            return null;
        };
        var taken = 0;
        foreach (var name in names)
        {
            taken += (await PushAsync(name)).IsTaken ? 1 : 0;
        }

        Assert.Equal((4, 0, 4), (taken, contents, world.Requests.Count(path => path == NeighborPaths.Content)));
    }

    [Fact]
    public async Task B8_a_large_record_travels_only_when_it_is_wanted_and_a_tombstone_like_an_object()
    {
        var (after, name) = Moving(2);
        var gone = Enumerable.Range(0, 10_000).Select(i => ObjectName.Parse(Fold.Bucket(), $"gone-{i}")).First(n => after.Epoch(1)!.OwnerOf(n.Digest) == Fold.Target(1) && after.Newest.OwnerOf(n.Digest) == Fold.Target(2));
        var body = Body(700_000);
        await world[1].PutAsync(name, body);
        var key = new RecordKey(world.Bucket.Id, 1, 1, 99);
        await world[1].Store.CommitTombstoneAsync(gone, new ObjectRecord { Key = key, Kind = RecordKind.Tombstone, Uname = gone.Uname }, Durability.Durable, CancellationToken.None);
        world.Publish(after);

        Assert.Equal(PushAnswerKind.Held, (await PushAsync(name)).Kind);
        Assert.Single(world.Requests, path => path == NeighborPaths.Content);
        Assert.Equal(world[1].RecordOf(name)!.ChecksumValue, world[2].RecordOf(name)!.ChecksumValue);
        Assert.Equal(PushAnswerKind.Held, (await PushAsync(name)).Kind);
        Assert.Single(world.Requests, path => path == NeighborPaths.Content);
        Assert.Equal(PushAnswerKind.Held, (await PushAsync(gone)).Kind);
        Assert.Equal(RecordKind.Tombstone, world[2].RecordOf(gone)!.Kind);

        var held = world[1].RecordOf(name)!;
        var missing = held with { Key = held.Key with { Sequence = held.Key.Sequence + 1 } };
        var stale = await world[1].Neighbors.PushAsync(world[2].Id, new PushRequest(name, RecordHeads.Of(missing), world[1].Id, 2, after.AppliedIndex), Within, CancellationToken.None);
        Assert.Equal((PushAnswerKind.Stale, 2L, after.AppliedIndex), (stale.Kind, stale.Epoch, stale.AppliedIndex));
    }

    [Fact]
    public async Task B8_content_that_was_changed_on_the_way_is_refused_and_nothing_of_it_is_kept()
    {
        var (after, name) = Moving(2);
        await world[1].PutAsync(name, Body(500_000));
        world.Publish(after);
        world.Tap = async request =>
        {
            if (request.RequestUri!.AbsolutePath != NeighborPaths.Content)
            {
                return null;
            }

            using var reply = await world[1].Service.OpenAsync(await request.Content!.ReadAsByteArrayAsync(), CancellationToken.None);
            var answer = new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent(new byte[reply.LengthBytes]) };
            answer.Headers.Add(NeighborPaths.MessageHeader, Convert.ToBase64String(reply.Reply.Message));
            return answer;
        };
        var refused = await PushAsync(name);
        Assert.Equal((PushAnswerKind.Refused, ErrorCode.ChecksumMismatch), (refused.Kind, refused.Error!.Code));
        Assert.Null(world[2].RecordOf(name));
    }

    [Fact]
    public async Task B2_an_asker_that_is_behind_learns_by_how_much_and_one_that_is_ahead_is_waited_for()
    {
        var (after, name) = Moving(2);
        await world[1].PutAsync(name, "body");
        var before = world.State;
        world.Publish(after);
        var offer = OfferOf(name) with { Epoch = 1, AppliedIndex = before.AppliedIndex };
        var stale = await world[1].Neighbors.PushAsync(world[2].Id, offer, Within, CancellationToken.None);
        Assert.Equal((PushAnswerKind.Stale, 2L, after.AppliedIndex), (stale.Kind, stale.Epoch, stale.AppliedIndex));

        world[2].Publish(before);
        var push = PushAsync(name);
        var look = world[1].Neighbors.LookAsync(world[2].Id, new LookQuestion(name, world.Bucket.Id, 2, after.AppliedIndex), Within, CancellationToken.None);
        Assert.False(push.IsCompleted);
        world[2].Publish(after);
        Assert.Equal(PushAnswerKind.Held, (await push).Kind);
        Assert.NotEqual(LookResult.Unknown, (await look).Answer.Result);
    }

    [Fact]
    public async Task B3_strangers_are_unknown_another_cluster_a_superseded_process_an_address_that_is_out_of_date()
    {
        var (after, name) = Moving(2);
        await world[1].PutAsync(name, "body");
        world.Publish(after);
        var question = new LookQuestion(name, world.Bucket.Id, 2, after.AppliedIndex);
        Task<NeighborLook> LookAsync() => world[2].Neighbors.LookAsync(world[1].Id, question, Within, CancellationToken.None);
        Assert.Equal(LookResult.Record, (await LookAsync()).Answer.Result);

        // A process of target 2 that the log does not know (any more).
        world[2].Publish(after, start: 7);
        var superseded = await LookAsync();
        Assert.Equal((LookResult.Unknown, ErrorCode.Unreachable), (superseded.Answer.Result, superseded.Error!.Code));
        Assert.Contains("was started again", superseded.Error.Message, StringComparison.Ordinal);
        world[2].Publish(after);

        // The asked one is not the committed process.
        world[1].Publish(after, start: 7);
        Assert.Equal(LookResult.Unknown, (await LookAsync()).Answer.Result);
        world[1].Publish(after);

        // The address leads to somebody else.
        var swapped = after with { Nodes = after.Nodes.SetItem(world[1].Id, after.Nodes[world[1].Id] with { Addresses = after.Nodes[world[3].Id].Addresses }) };
        world[2].Publish(swapped);
        var elsewhere = await LookAsync();
        Assert.Equal(LookResult.Unknown, elsewhere.Answer.Result);
        Assert.Contains("means t[target01]", elsewhere.Error!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task B9_a_batch_is_verified_item_by_item_and_an_owner_that_does_not_answer_says_nothing()
    {
        var (after, name) = Moving(2);
        await world[1].PutAsync(name, "body");
        world.Publish(after);
        var item = VerifyItem.Of(name, RecordHeads.Of(world[1].RecordOf(name)!));
        var question = new VerifyQuestion([item, item with { Key = item.Key with { BucketId = 99 } }], 2, after.AppliedIndex);
        question = question with { Items = [item] };
        Assert.Equal([VerifyVerdict.Missing], (await VerifyAsync()).Answers.Select(answer => answer.Verdict));
        Assert.Equal(PushAnswerKind.Held, (await PushAsync(name)).Kind);
        Assert.Equal([VerifyVerdict.Held], (await VerifyAsync()).Answers.Select(answer => answer.Verdict));
        question = question with { Items = [item, item with { Key = item.Key with { Sequence = item.Key.Sequence + 1 } }] };
        Assert.Equal([VerifyVerdict.Held, VerifyVerdict.Missing], (await VerifyAsync()).Answers.Select(answer => answer.Verdict));
        world.Tap = _ => throw new HttpRequestException("connection refused");
        var silent = await VerifyAsync();
        Assert.Equal((0, ErrorCode.Unreachable), (silent.Answers.Length, silent.Error!.Code));

        Task<VerifyReply> VerifyAsync() => world[1].Neighbors.VerifyAsync(world[2].Id, question, Within, CancellationToken.None);
    }

    [Theory]
    [InlineData(10), InlineData(600_000)]
    public async Task B5_a_put_whose_name_moves_while_its_body_comes_is_committed_once_at_the_new_owner(int sizeBytes)
    {
        var (after, name) = Moving(2);
        var body = Body(sizeBytes);
        var before = world.State;
        world.Publish(after);
        world[1].Publish(before);
        var held = await world[1].Node.Locks.LockExclusiveAsync(name.Digest, CancellationToken.None);
        var put = world[1].PutAsync(name, body);
        world[1].Publish(after);
        held.Dispose();
        var record = await put;

        Assert.Null(world[1].RecordOf(name));
        var stored = world[2].RecordOf(name)!;
        Assert.Equal((stored.Key, 2L, "v"), (record.Key, record.Key.Epoch, stored.Custom.Single().Value));
        Assert.Equal(body, await world[2].GetAsync(name));
        Assert.Equal(0, world[1].Node.InFlight.Count);
        Assert.Equal(0, world[2].Node.InFlight.Count);

        // The same put comes again: its answer was lost. It is answered with what was committed.
        var again = new ForwardedPut(name, world.Bucket.Id, "r1", 2, after.AppliedIndex, sizeBytes, stored.ChecksumType, stored.ChecksumValue) { Custom = [new("k", "v")] };
        var repeated = await world[1].Neighbors.ForwardAsync(world[2].Id, again, new MemoryStream(body), Within, CancellationToken.None);
        Assert.Equal(stored.Key, repeated.Record!.Key);
        Assert.Equal(stored.Key, world[2].RecordOf(name)!.Key);
        var another = await world[1].Neighbors.ForwardAsync(world[2].Id, again with { RequestId = "r2" }, new MemoryStream(body), Within, CancellationToken.None);
        Assert.True(another.Record!.Key > stored.Key);
    }

    [Fact]
    public async Task B5_a_forwarded_put_whose_answer_is_lost_is_an_unknown_outcome_and_one_that_never_left_is_not()
    {
        var (after, name) = Moving(2);
        world.Publish(after);
        var put = new ForwardedPut(name, world.Bucket.Id, "r1", 2, after.AppliedIndex, 4, "none", string.Empty);
        world.Tap = _ => throw new HttpRequestException("connection refused");
        Assert.Equal(ErrorCode.Unreachable, (await ForwardAsync()).Error!.Code);
        world.Tap = async request =>
        {
            await request.Content!.ReadAsByteArrayAsync();
            throw new HttpRequestException("connection reset");
        };
        Assert.Equal(ErrorCode.UnknownOutcome, (await ForwardAsync()).Error!.Code);
        world.Tap = null;
        put = put with { Name = Fold.NameOwnedBy(after, (1, 1), (2, 3)) };
        Assert.Equal(ErrorCode.NotOwner, (await ForwardAsync()).Error!.Code);
        put = put with { BucketId = 77 };
        Assert.Equal(ErrorCode.BucketNotFound, (await ForwardAsync()).Error!.Code);

        Task<ForwardAnswer> ForwardAsync() => world[1].Neighbors.ForwardAsync(world[2].Id, put, new MemoryStream("body"u8.ToArray()), Within, CancellationToken.None);
    }

    [Fact]
    public async Task B5_metadata_of_an_object_whose_bytes_lie_on_a_neighbour_is_changed_with_its_bytes()
    {
        var (after, name) = Moving(2);
        var body = Body(300_000);
        var old = await world[1].PutAsync(name, body);
        world.Publish(after);
        var changed = await world[2].Writer.SetCustomAsync(name, world.Bucket, custom => [.. custom, new("more", "x")], CancellationToken.None);
        Assert.Equal(["k", "more"], changed.Record!.Custom.Select(pair => pair.Key));
        Assert.Equal((old.Version, old.ChecksumValue), (changed.Record.Version, changed.Record.ChecksumValue));
        Assert.True(changed.Record.Key > old.Key);
        Assert.Equal(body, await world[2].GetAsync(name));
    }

    [Fact]
    public async Task B6_a_verified_leftover_is_not_shown_and_an_unverified_one_only_when_its_receiver_is_lost()
    {
        var (after, name) = Moving(2);
        var body = Body(100);
        await world[1].PutAsync(name, body);
        world.Publish(after);
        Assert.Equal(PushAnswerKind.Held, (await PushAsync(name)).Kind);
        Assert.True(await world[1].Store.MarkLeftoverAsync(name, world[1].RecordOf(name)!.Key, 2, world[2].Id, CancellationToken.None));
        var look = await world[2].Neighbors.LookAsync(world[1].Id, new LookQuestion(name, world.Bucket.Id, 2, after.AppliedIndex), Within, CancellationToken.None);
        Assert.Equal(LookResult.Absent, look.Answer.Result);

        // Its bytes serve a read that decided for them before they were handed over.
        var opened = await world[2].Neighbors.OpenAsync(world[1].Id, new ContentQuestion(name, world[1].RecordOf(name)!.Key, 2, after.AppliedIndex), Within, CancellationToken.None);
        Assert.True(opened.IsOpen);
        await opened.Content.DisposeAsync();
    }

    [Fact]
    public async Task A_caller_that_gives_up_is_the_only_one_that_sees_an_exception()
    {
        var (after, name) = Moving(2);
        await world[1].PutAsync(name, "body");
        world.Publish(after);
        world.Tap = _ => new TaskCompletionSource<HttpResponseMessage?>().Task;
        using var gone = new CancellationTokenSource();
        var look = world[2].Neighbors.LookAsync(world[1].Id, new LookQuestion(name, world.Bucket.Id, 2, after.AppliedIndex), Within, gone.Token);
        var push = world[1].Neighbors.PushAsync(world[2].Id, OfferOf(name), Within, gone.Token);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => push);
        Assert.False(look.IsCompletedSuccessfully);
    }

    private (ClusterState After, ObjectName Name) Moving(int to)
    {
        var after = world.Draining();
        return (after, Fold.NameOwnedBy(after, (1, 1), (2, to)));
    }

    private PushRequest OfferOf(ObjectName name) => new(name, RecordHeads.Of(world[1].RecordOf(name)!), world[1].Id, world.State.Newest.Number, world.State.AppliedIndex);

    // Small objects on target 1 that belong to target 2 from the next epoch on.
    private async Task<ObjectName[]> PutMovingAsync(ClusterState after, int count = 200)
    {
        var names = Enumerable.Range(0, 40_000).Select(i => ObjectName.Parse(Fold.Bucket(), $"small-{i}"))
            .Where(name => after.Epoch(1)!.OwnerOf(name.Digest) == Fold.Target(1) && after.Newest.OwnerOf(name.Digest) == Fold.Target(2)).Take(count).ToArray();
        foreach (var name in names)
        {
            await world[1].PutAsync(name, name.Name);
        }

        return names;
    }

    private Task<PushAnswer> PushAsync(ObjectName name) => world[1].Neighbors.PushAsync(world[2].Id, OfferOf(name), Within, CancellationToken.None);

    private static byte[] Body(int sizeBytes)
    {
        var body = new byte[sizeBytes];
        new Random(sizeBytes).NextBytes(body);
        return body;
    }
}
