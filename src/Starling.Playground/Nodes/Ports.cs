using System.Net;
using System.Net.Sockets;

namespace Starling.Playground.Nodes;

/// <summary>Checks that the ports of a plan are free before anything is started.</summary>
internal static class Ports
{
    public static int? FirstBusy(IEnumerable<int> ports)
    {
        foreach (var port in ports)
        {
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port) { ExclusiveAddressUse = true };
                listener.Start();
            }
            catch (SocketException)
            {
                // Whatever the reason, nobody can listen here: that is the answer.
                return port;
            }
        }

        return null;
    }
}
