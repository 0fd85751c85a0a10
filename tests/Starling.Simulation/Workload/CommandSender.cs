using System.Globalization;
using Starling.Protocol.Node;
using Starling.Protocol.State.Commands;
using Starling.Simulation.World;

namespace Starling.Simulation.Workload;

/// <summary>An administrator's tool: sends a command through any gateway and repeats it under its id until the outcome is known.</summary>
public sealed class CommandSender(SimWorld world, string name)
{
    private int _requests;

    /// <summary>Asks until the outcome is known; the command is made when the first gateway takes it.</summary>
    public void Submit(Func<Command> make, Action<CommandOutcome> done)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"{name}-{++_requests}");
        Command? command = null;
        Attempt();

        void Attempt()
        {
            var gateway = world.PickGateway();
            if (!gateway.IsUp || gateway.View is null)
            {
                Retry();
                return;
            }

            // The client names the request; the gateway that sees it first says what it had seen.
            command ??= make() with { RequestId = id, SeenIndex = gateway.View.AppliedIndex };
            var process = gateway.Process;
            var answered = false;
            world.ScheduleLocal(gateway, 0, () => gateway.Gateway!.Propose(command, Answered));
            world.Schedule(30 * SimWorld.Second, Lost);

            void Answered(Answer? answer)
            {
                if (answered)
                {
                    return;
                }

                answered = true;
                if (answer?.Outcome is { } outcome)
                {
                    world.Coverage.Hit(outcome.Error is null ? Mark.None : Mark.ProposalRefused);
                    world.Schedule(SimWorld.Millisecond, () => done(outcome));
                    return;
                }

                Retry();
            }

            void Lost()
            {
                if (!answered)
                {
                    if (gateway.IsUp && gateway.Process == process && !gateway.IsPaused && world.NowNs - gateway.LastResumedNs > 25 * SimWorld.Second)
                    {
                        throw new CheckFailedException("every proposal is answered", $"{gateway} did not answer {command} within 30 s");
                    }

                    answered = true;
                    Retry();
                }
            }
        }

        void Retry() => world.Schedule(world.WorkRandom.Between(100 * SimWorld.Millisecond, 900 * SimWorld.Millisecond), Attempt);
    }
}
