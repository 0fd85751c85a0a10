using System.Globalization;

namespace Starling.Playground.Nodes;

/// <summary>What kind of node a process is.</summary>
internal enum NodeRole
{
    Gateway,
    Target,
}

/// <summary>One node of the playground as it is written in <c>playground.json</c>: everything needed to start it again.</summary>
internal sealed record NodePlan(string Id, NodeRole Role, int Port)
{
    /// <summary>Distance between the public port of a node and its control port.</summary>
    public const int ControlOffset = 1000;

    /// <summary>Distance between the public port of a node and its data port.</summary>
    public const int DataOffset = 2000;

    public string DisplayName => $"{(Role == NodeRole.Gateway ? 'p' : 't')}[{Id}]";

    public string RoleName => Role == NodeRole.Gateway ? "gateway" : "target";

    public string PublicUrl => Url(Port);

    public string ControlUrl => Url(Port + ControlOffset);

    public IEnumerable<int> Ports => [Port, Port + ControlOffset, Port + DataOffset];

    public string DataDirectory(string root) => Path.Combine(root, "nodes", Id);

    public string LogFile(string root) => Path.Combine(root, "log", Id + ".log");

    public string PidFile(string root) => Path.Combine(root, "run", Id + ".pid");

    public string Mountpath(string root, int number) => Path.Combine(root, "mountpaths", Id, string.Create(CultureInfo.InvariantCulture, $"mp{number}"));

    private static string Url(int port) => string.Create(CultureInfo.InvariantCulture, $"http://localhost:{port}");
}

/// <summary>The whole playground as it is written in <c>playground.json</c>.</summary>
internal sealed record PlaygroundPlan(int Version, int MountpathsPerTarget, IReadOnlyList<NodePlan> Nodes)
{
    public const int CurrentVersion = 1;

    public IEnumerable<NodePlan> Gateways => Nodes.Where(node => node.Role == NodeRole.Gateway);

    public IEnumerable<NodePlan> Targets => Nodes.Where(node => node.Role == NodeRole.Target);

    /// <summary>Lays out a new playground: gateways first, one public port each, ids of four random letters and the port.</summary>
    public static PlaygroundPlan Create(int gateways, int targets, int mountpaths, int firstPort, Random random)
    {
        var nodes = Enumerable.Range(0, gateways + targets)
            .Select(i => new NodePlan(Letters(random) + (firstPort + i).ToString(CultureInfo.InvariantCulture), i < gateways ? NodeRole.Gateway : NodeRole.Target, firstPort + i))
            .ToArray();
        return new PlaygroundPlan(CurrentVersion, mountpaths, nodes);
    }

    /// <summary>Finds a node by id, by display name (<c>t[id]</c>) or by port.</summary>
    public NodePlan? Find(string name) => Nodes.FirstOrDefault(node =>
        node.Id == name || node.DisplayName == name || node.Port.ToString(CultureInfo.InvariantCulture) == name);

    private static string Letters(Random random)
    {
        const string alphabet = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ";
        return string.Create(4, random, static (span, source) =>
        {
            foreach (ref var c in span)
            {
                c = alphabet[source.Next(alphabet.Length)];
            }
        });
    }
}
