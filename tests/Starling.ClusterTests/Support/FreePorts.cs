using Starling.Playground.Nodes;

namespace Starling.ClusterTests.Support;

/// <summary>
/// Finds ports for a cluster below the range that the kernel gives to outgoing connections; control and data ports lie 1000 and 2000 above.
/// The process id decides where the search begins, so that two runs on one machine seldom meet.
/// </summary>
internal static class FreePorts
{
    private const int First = 25_000;
    private const int Slots = 40;
    private const int PortsPerSlot = 20;
    private static int next = Environment.ProcessId;

    public static int Find(int nodes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(nodes, PortsPerSlot);
        for (var tries = 0; tries < Slots; tries++)
        {
            var port = First + (int)((uint)Interlocked.Increment(ref next) % Slots * PortsPerSlot);
            if (Ports.FirstBusy(Enumerable.Range(0, nodes).SelectMany(i => new[] { port + i, port + i + NodePlan.ControlOffset, port + i + NodePlan.DataOffset })) is null)
            {
                return port;
            }
        }

        throw new InvalidOperationException($"no {nodes} free ports between {First} and {First + (Slots * PortsPerSlot)}");
    }
}
