using System.Buffers;
using System.Globalization;
using Starling.Core.Errors;
using Starling.Core.Hashing;
using Starling.Core.Names;
using Starling.Core.Objects;
using Starling.Protocol.Objects;
using Starling.Protocol.Rebalance;
using Starling.Storage;
using Starling.Storage.Objects;
using Starling.Target.Objects;
using OpenObject = Starling.Storage.Objects.ObjectReader;

namespace Starling.Target.Rebalance;

/// <summary>
/// Drives one <see cref="ITransferPlan"/> to its end: locks, in-flight mark, reads, writes and bytes in exactly the order that
/// <see cref="TransferActionKind"/> demands. Decides nothing. What a disk or a peer refuses becomes an event; only the caller's cancellation is thrown, and
/// a write that has begun is finished first.
/// </summary>
public sealed class TransferRun
{
    private const int PieceBytes = 256 * 1024;

    private readonly TargetNode node;
    private readonly ObjectName name;
    private readonly ulong bucketId;
    private readonly ITransferPlan plan;
    private readonly TransferPort port;
    private readonly long deadlineNs;
    private NameLocks.Held held;
    private bool holds;
    private long mark;
    private LocalRecord? locked;
    private WriteSession? received;
    private int offers;

    private TransferRun(TargetNode node, ObjectName name, ulong bucketId, ITransferPlan plan, TransferPort port, TimeSpan within)
    {
        this.node = node;
        this.name = name;
        this.bucketId = bucketId;
        this.plan = plan;
        this.port = port;
        deadlineNs = node.Clock.NowNs + (within.Ticks * TimeSpan.NanosecondsPerTick);
    }

    /// <summary>Runs a plan to its end.</summary>
    /// <param name="node">This target.</param>
    /// <param name="name">The object.</param>
    /// <param name="bucketId">Id of its bucket: that of the record that is meant, or that of the offer or question.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="port">The way to the other side, for plans that push or receive.</param>
    /// <param name="within">After this the plan is told that its deadline has passed.</param>
    /// <param name="cancellationToken">Nobody wants the result any more.</param>
    /// <returns>The last action of the plan.</returns>
    /// <exception cref="OperationCanceledException">Cancelled; nothing is half written, no lock is held.</exception>
    public static async Task<TransferAction> RunAsync(
        TargetNode node, ObjectName name, ulong bucketId, ITransferPlan plan, TransferPort port, TimeSpan within, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(port);
        var run = new TransferRun(node, name, bucketId, plan, port, within);
        try
        {
            return await run.RunAsync(cancellationToken);
        }
        finally
        {
            run.Unlock();
            run.received?.Dispose();
        }
    }

    private async Task<TransferAction> RunAsync(CancellationToken cancellationToken)
    {
        var action = plan.Next(TransferEvent.Started(node.Now()));
        while (!action.IsEnd)
        {
            if (holds && !IsWrite(action.Kind))
            {
                Unlock();
            }

            var happened = await CarryOutAsync(action, cancellationToken);

            // In place of the event that it has; a finished write counts.
            var isLate = Left == TimeSpan.Zero && happened.Kind != TransferEventKind.Stored;
            if (isLate)
            {
                Unlock();
            }

            action = plan.Next(isLate ? TransferEvent.DeadlinePassed(happened.View) : happened);
        }

        return action;
    }

    private static bool IsWrite(TransferActionKind kind) => kind is TransferActionKind.Commit or TransferActionKind.Mark or TransferActionKind.MarkVerified
        or TransferActionKind.Revive or TransferActionKind.Flush or TransferActionKind.Remove;

    private async Task<TransferEvent> CarryOutAsync(TransferAction action, CancellationToken cancellationToken)
    {
        try
        {
            return action.Kind switch
            {
                TransferActionKind.LookUp => await LookUpAsync(cancellationToken),
                TransferActionKind.LockName => await LockAsync(cancellationToken),
                TransferActionKind.Push => await PushAsync(action, cancellationToken),
                TransferActionKind.TakeBytes => await TakeBytesAsync(cancellationToken),
                TransferActionKind.HashLeftover => await HashAsync(action.Record!, cancellationToken),
                TransferActionKind.WaitForView => await WaitAsync(action, cancellationToken),
                _ => await WriteAsync(action),
            };
        }
        catch (StoreException error)
        {
            Unlock();
            return TransferEvent.Failed(node.Now(), error.Error);
        }
        catch (TimeoutException)
        {
            Unlock();
            return TransferEvent.DeadlinePassed(node.Now());
        }
    }

    private async Task<TransferEvent> LookUpAsync(CancellationToken cancellationToken)
    {
        using (await node.Locks.LockSharedAsync(name.Digest, Left, cancellationToken))
        {
            var found = node.Store.LookupAll(name, bucketId);
            var view = node.Now();
            return found.Status == LookupStatus.Failed ? TransferEvent.LookFailed(view, found.Error!) : TransferEvent.Looked(view, RecordHeads.LocalOf(found));
        }
    }

    // The mark comes before the view that is decided by, so that a pass of a later epoch waits for what this decides (rule B9).
    private async Task<TransferEvent> LockAsync(CancellationToken cancellationToken)
    {
        var entered = node.InFlight.Enter(node.View.Current.State.Newest.Number);
        try
        {
            held = await node.Locks.LockExclusiveAsync(name.Digest, Left, cancellationToken);
        }
        catch
        {
            node.InFlight.Leave(entered);
            throw;
        }

        mark = entered;
        holds = true;
        var found = node.Store.LookupAll(name, bucketId);
        var view = node.Now();
        locked = found.Status == LookupStatus.Failed ? null : RecordHeads.LocalOf(found);
        return found.Status == LookupStatus.Failed ? TransferEvent.LockedUnknown(view, found.Error!) : TransferEvent.Locked(view, locked);
    }

    private async Task<TransferEvent> PushAsync(TransferAction action, CancellationToken cancellationToken)
    {
        var push = port.Push ?? throw new StoreException(ErrorCode.Internal, $"{name.Cname}: this transfer has no way to {action.Node}");
        if (offers++ > 0)
        {
            // Who answers "stale" without being ahead is asked again, but not as fast as the network allows.
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(1 << Math.Min(offers, 10), Left.TotalMilliseconds)), cancellationToken);
        }

        var answer = await push(action.Node, action.Push!, Left, cancellationToken);
        return TransferEvent.Answered(node.Now(), answer);
    }

    private async Task<TransferEvent> TakeBytesAsync(CancellationToken cancellationToken)
    {
        if (port is not { Pushed: { } pushed, CopyBytes: { } copy })
        {
            return TransferEvent.Failed(node.Now(), new StoreError(ErrorCode.Internal, $"{name.Cname}: this transfer has no bytes to take"));
        }

        received?.Dispose();
        received = node.Store.OpenReceive(name, pushed);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Left);
        try
        {
            var error = await copy(received, deadline.Token) ?? Damage(received, pushed);
            return error is null ? TransferEvent.Received(node.Now()) : TransferEvent.Failed(node.Now(), error);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return TransferEvent.DeadlinePassed(node.Now());
        }
    }

    private static StoreError? Damage(WriteSession session, ObjectRecord pushed) =>
        session.BytesWritten == pushed.SizeBytes && session.ChecksumValue == pushed.ChecksumValue
            ? null
            : new StoreError(ErrorCode.ChecksumMismatch, string.Create(
                CultureInfo.InvariantCulture,
                $"{session.Name.Cname} arrived with {session.BytesWritten} bytes and {session.ChecksumType} {session.ChecksumValue}, its record says {pushed.SizeBytes} bytes and {pushed.ChecksumValue}"));

    private async Task<TransferEvent> HashAsync(RecordHead leftover, CancellationToken cancellationToken)
    {
        var opened = node.Store.OpenLeftover(name, bucketId);
        using var file = opened.Reader;
        if (file is null || RecordHeads.Of(file.Record).Key != leftover.Key || !ChecksumTypes.TryParse(file.Record.ChecksumType, out var type) || file.Record.ChecksumValue.Length == 0)
        {
            return TransferEvent.Hashed(node.Now(), isMatch: false);
        }

        var isWhole = await IsWholeAsync(file, type, cancellationToken);
        return TransferEvent.Hashed(node.Now(), isWhole);
    }

    private static async Task<bool> IsWholeAsync(OpenObject file, ChecksumType type, CancellationToken cancellationToken)
    {
        using var checksum = IncrementalChecksum.Create(type);
        var buffer = ArrayPool<byte>.Shared.Rent(PieceBytes);
        try
        {
            long at = 0;
            while (await file.ReadAsync(buffer, at, cancellationToken) is > 0 and var count)
            {
                checksum.Append(buffer.AsSpan(0, count));
                at += count;
            }

            return at == file.Record.SizeBytes && checksum.FinishHex() == file.Record.ChecksumValue;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    // Not cancelled: what has begun under the lock is finished under it.
    private async Task<TransferEvent> WriteAsync(TransferAction action)
    {
        if (!holds)
        {
            throw new InvalidOperationException($"a plan asked for {action.Kind} without the lock");
        }

        var isDone = await ChangeAsync(action);
        if (isDone)
        {
            Count(action);
        }

        Unlock();
        return isDone
            ? new TransferEvent(TransferEventKind.Stored, node.Now())
            : TransferEvent.Failed(node.Now(), new StoreError(ErrorCode.Unavailable, $"{name.Cname}: its record on the disk is not the one that {action.Kind} means; it is looked at again", 1000));
    }

    private async Task<bool> ChangeAsync(TransferAction action)
    {
        var store = node.Store;
        switch (action.Kind)
        {
            case TransferActionKind.Commit:
                await CommitAsync(action.Record!);
                return true;
            case TransferActionKind.Mark:
                return await store.MarkLeftoverAsync(name, action.Record!.Key, RecordHeads.MarkOf(action.HandOver!), CancellationToken.None);
            case TransferActionKind.MarkVerified:
                return locked?.HandOver is { } handOver
                    && await store.MarkVerifiedAsync(name, action.Record!.Key, RecordHeads.MarkOf(handOver), CancellationToken.None);
            case TransferActionKind.Revive:
                return await store.ReviveAsync(name, action.Record!.Key, action.MayBeVerified, CancellationToken.None);
            case TransferActionKind.Flush:
                return await store.FlushAsync(name, action.Record!.Key, CancellationToken.None);
            default:
                return locked switch
                {
                    null => true,
                    { IsLeftover: true } leftover => await Task.Run(() => store.Reclaim(name, leftover.Head.Key)) >= 0,
                    _ => await store.ForgetAsync(name, bucketId, Durability.Durable, CancellationToken.None),
                };
        }
    }

    private void Count(TransferAction action)
    {
        var epoch = node.View.Current.Epoch;
        switch (action.Kind)
        {
            case TransferActionKind.Mark when action.HasTravelled:
                node.Traffic.HandedOver(epoch, action.HandOver!.Receiver, action.Record!.SizeBytes);
                break;
            case TransferActionKind.Commit:
                node.Traffic.TakenOver(epoch, port.From, action.Record!.SizeBytes);
                break;
            case TransferActionKind.Revive:
                node.Traffic.Revived(epoch);
                break;
            default:
                break;
        }
    }

    private async Task CommitAsync(RecordHead record)
    {
        if (port.Pushed is not { } pushed || pushed.Key != record.Key)
        {
            throw new StoreException(ErrorCode.Internal, $"{name.Cname}: {record.Key} is to be committed, {port.Pushed?.Key} was offered");
        }

        if (record.IsTombstone)
        {
            await node.Store.CommitReceivedTombstoneAsync(name, pushed, CancellationToken.None);
            return;
        }

        await node.Store.CommitReceivedAsync(received!, pushed, CancellationToken.None);
    }

    private async Task<TransferEvent> WaitAsync(TransferAction action, CancellationToken cancellationToken)
    {
        if (Left is var left && left == TimeSpan.Zero)
        {
            return TransferEvent.DeadlinePassed(node.Now());
        }

        try
        {
            await node.View.WaitForAsync(seen => seen.AppliedIndex > action.AppliedIndex, action.Error?.Message ?? "newer state", left, cancellationToken);
        }
        catch (StoreException late) when (late.Error.Code == ErrorCode.Unavailable)
        {
            return TransferEvent.DeadlinePassed(node.Now());
        }

        return TransferEvent.ViewChanged(node.Now());
    }

    private TimeSpan Left => TimeSpan.FromTicks(Math.Max(0, (deadlineNs - node.Clock.NowNs) / TimeSpan.NanosecondsPerTick));

    private void Unlock()
    {
        if (holds)
        {
            holds = false;
            held.Dispose();
            node.InFlight.Leave(mark);
        }
    }
}
