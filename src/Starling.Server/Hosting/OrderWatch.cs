using Microsoft.Extensions.Logging;
using Starling.Cluster.Views;
using Starling.Core.Errors;
using Starling.Protocol.Node;
using Starling.Protocol.State.Operations;

namespace Starling.Server.Hosting;

/// <summary>
/// What this process does because the committed state tells it to (rule A18): stop when an operation names this very session, erase what it holds when it has
/// the permit. Neither changes membership; that is the leader's to commit.
/// </summary>
internal sealed class OrderWatch
{
    private static readonly TimeSpan TryAgainAfter = TimeSpan.FromSeconds(5);

    private readonly IClusterView view;
    private readonly Func<Input, bool> post;
    private readonly Func<ErasePermit, CancellationToken, Task> erase;
    private readonly Action<string> stop;
    private readonly ILogger log;

    /// <param name="view">The committed state.</param>
    /// <param name="post">Gives an input to the control loop.</param>
    /// <param name="erase">Removes what the permit says that this node is to remove.</param>
    /// <param name="stop">Asks the process to stop in order, and says why.</param>
    /// <param name="log">Hears of orders.</param>
    public OrderWatch(IClusterView view, Func<Input, bool> post, Func<ErasePermit, CancellationToken, Task> erase, Action<string> stop, ILogger<OrderWatch> log)
    {
        this.view = view;
        this.post = post;
        this.erase = erase;
        this.stop = stop;
        this.log = log;
    }

    /// <summary>Runs until an order was obeyed, or until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var seen = await ViewWaits.ForeverAsync(view, now => now.Node.StopOrdered || now.Node.EraseOrdered is not null, "an order", cancellationToken);
                if (seen.Node.EraseOrdered is not { } permit)
                {
                    stop("an operation orders this process to stop");
                    return;
                }

                if (await TryEraseAsync(permit, cancellationToken))
                {
                    if (!await IsOverAsync(permit, cancellationToken))
                    {
                        continue;
                    }

                    const string Ended = "this node erased itself by permit and is no member any more; started again with this data directory, it joins as a new one";
                    if (permit.NoShutdown)
                    {
                        log.LogWarning("{Why}; it goes on running, as the operation says", Ended);
                        return;
                    }

                    stop(Ended);
                    return;
                }

                await Task.Delay(TryAgainAfter, cancellationToken);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The node stops.
        }
    }

    private async Task<bool> TryEraseAsync(ErasePermit permit, CancellationToken cancellationToken)
    {
        log.LogWarning("this node has the permit to erase itself and begins");
        try
        {
            await erase(permit, cancellationToken);
            log.LogWarning("this node has erased what it was permitted to: {What}", permit.RemoveUserData ? "its objects" : "nothing, objects stay");
            return true;
        }
        catch (StoreException error)
        {
            log.LogError(error, "this node could not erase itself, trying again");
            return false;
        }
    }

    /// <summary>The core repeats it to the members; said again here in case its queue was full. False when the log was lost meanwhile: the permit was for another incarnation.</summary>
    private async Task<bool> IsOverAsync(ErasePermit permit, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (view.Current.Self.Incarnation == permit.Incarnation)
            {
                post(new EraseFinished());
            }

            try
            {
                var seen = await view.WaitForAsync(
                    now => now.Node.MembershipEnded || (now.Node.SessionApplied && now.Self.Incarnation != permit.Incarnation), "the end of this node's membership", TryAgainAfter, cancellationToken);
                return seen.Node.MembershipEnded;
            }
            catch (StoreException late) when (late.Error.Code == ErrorCode.Unavailable)
            {
                // Not committed yet.
            }
        }
    }
}
