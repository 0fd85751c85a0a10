namespace Starling.Storage;

/// <summary>
/// Reader/writer locks on names, striped by name digest: bounded memory, first come first served, each wait ends at the caller's cancellation.
/// Look-ups share, commits exclude. Two names may share a stripe: never hold one lock while waiting for another.
/// </summary>
public sealed class NameLocks
{
    private static readonly TimeSpan Forever = Timeout.InfiniteTimeSpan;

    private readonly Stripe[] stripes;

    /// <summary>Makes the stripes.</summary>
    /// <param name="stripeCount">A power of two.</param>
    public NameLocks(int stripeCount = 4096)
    {
        if (stripeCount <= 0 || (stripeCount & (stripeCount - 1)) != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(stripeCount), stripeCount, "must be a power of two");
        }

        stripes = new Stripe[stripeCount];
        for (var i = 0; i < stripeCount; i++)
        {
            stripes[i] = new Stripe();
        }
    }

    /// <summary>Waits for the name's lock, shared with other look-ups. Dispose the result to unlock.</summary>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public ValueTask<Held> LockSharedAsync(ulong nameDigest, CancellationToken cancellationToken) => Of(nameDigest).AcquireAsync(false, Forever, cancellationToken);

    /// <summary>As the other one, for so long at most.</summary>
    /// <exception cref="TimeoutException">The lock did not come free in time.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public ValueTask<Held> LockSharedAsync(ulong nameDigest, TimeSpan within, CancellationToken cancellationToken) => Of(nameDigest).AcquireAsync(false, within, cancellationToken);

    /// <summary>Waits for the name's lock, alone. Dispose the result to unlock.</summary>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public ValueTask<Held> LockExclusiveAsync(ulong nameDigest, CancellationToken cancellationToken) => Of(nameDigest).AcquireAsync(true, Forever, cancellationToken);

    /// <summary>As the other one, for so long at most.</summary>
    /// <exception cref="TimeoutException">The lock did not come free in time.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public ValueTask<Held> LockExclusiveAsync(ulong nameDigest, TimeSpan within, CancellationToken cancellationToken) => Of(nameDigest).AcquireAsync(true, within, cancellationToken);

    private Stripe Of(ulong nameDigest) => stripes[nameDigest & (ulong)(stripes.Length - 1)];

    /// <summary>A lock that is held; disposing it twice is an error of the caller and breaks the lock.</summary>
    public readonly struct Held : IDisposable
    {
        private readonly Stripe? stripe;
        private readonly bool exclusive;

        internal Held(Stripe stripe, bool exclusive)
        {
            this.stripe = stripe;
            this.exclusive = exclusive;
        }

        /// <inheritdoc/>
        public void Dispose() => stripe?.Release(exclusive);
    }

    internal sealed class Stripe
    {
        private readonly Lock gate = new();
        private readonly LinkedList<Waiter> waiters = new();
        private int holders; // > 0: shared holders; -1: one exclusive holder.

        public ValueTask<Held> AcquireAsync(bool exclusive, TimeSpan within, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Waiter waiter;
            lock (gate)
            {
                if (waiters.Count == 0 && Admits(exclusive))
                {
                    Admit(exclusive);
                    return new ValueTask<Held>(new Held(this, exclusive));
                }

                waiter = new Waiter(this, exclusive);
                waiter.Node = waiters.AddLast(waiter);
            }

            return WaitAsync(waiter, within, cancellationToken);
        }

        public void Release(bool exclusive)
        {
            lock (gate)
            {
                holders = exclusive ? 0 : holders - 1;
                WakeNext();
            }
        }

        private async ValueTask<Held> WaitAsync(Waiter waiter, TimeSpan within, CancellationToken cancellationToken)
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            deadline.CancelAfter(within);
            await using var registration = deadline.Token.UnsafeRegister(static state => ((Waiter)state!).Cancel(), waiter);
            if (!await waiter.Admitted.Task)
            {
                cancellationToken.ThrowIfCancellationRequested();
                throw new TimeoutException($"waited {within.TotalSeconds:0.#} s for the lock of a name");
            }

            return new Held(this, waiter.Exclusive);
        }

        private bool Admits(bool exclusive) => exclusive ? holders == 0 : holders >= 0;

        private void Admit(bool exclusive) => holders = exclusive ? -1 : holders + 1;

        private void WakeNext()
        {
            while (waiters.First is { } first && Admits(first.Value.Exclusive))
            {
                waiters.RemoveFirst();
                first.Value.Node = null;
                Admit(first.Value.Exclusive);
                first.Value.Admitted.SetResult(true);
            }
        }

        private sealed class Waiter(Stripe stripe, bool exclusive)
        {
            public bool Exclusive { get; } = exclusive;

            public LinkedListNode<Waiter>? Node { get; set; }

            public TaskCompletionSource<bool> Admitted { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

            /// <summary>Leaves the queue unless admitted already; whoever waited behind may be admissible now.</summary>
            public void Cancel()
            {
                lock (stripe.gate)
                {
                    if (Node is null)
                    {
                        return;
                    }

                    stripe.waiters.Remove(Node);
                    Node = null;
                    Admitted.SetResult(false);
                    stripe.WakeNext();
                }
            }
        }
    }
}
