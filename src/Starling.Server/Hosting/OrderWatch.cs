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
                    await TellAsync(cancellationToken);
                    const string Ended = "this node erased itself by permit and is no member any more";
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

    /// <summary>The core repeats it to the leader; said again here in case its queue was full.</summary>
    private async Task TellAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            post(new EraseFinished());
            try
            {
                await view.WaitForAsync(now => now.Node.MembershipEnded || now.Own is null || now.Own.Incarnation != now.Self.Incarnation, "the end of this node's membership", TryAgainAfter, cancellationToken);
                return;
            }
            catch (StoreException late) when (late.Error.Code == ErrorCode.Unavailable)
            {
                // Not committed yet.
            }
        }
    }
}
