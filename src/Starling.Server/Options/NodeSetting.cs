namespace Starling.Server.Options;

/// <summary>One setting of a node and its three spellings: option, environment variables, key of the configuration file.</summary>
/// <param name="Name">The option without its dashes; also the key of the file.</param>
/// <param name="Description">For --help.</param>
/// <param name="IsList">May be given several times; in the environment separated by commas, in the file an array.</param>
/// <param name="IsFlag">True or false; as an option without a value.</param>
internal sealed record NodeSetting(string Name, string Description, bool IsList = false, bool IsFlag = false)
{
    public static IReadOnlyList<NodeSetting> All { get; } =
    [
        new("role", "gateway or target"),
        new("id", "Node id: 8 to 32 letters, digits, '-' and '_'; default: the one remembered in the data directory"),
        new("data", "Data directory: identity, control log, logs"),
        new("mountpath", "Directory for objects, each on its own filesystem (targets; repeat)", IsList: true),
        new("public", "Listener for clients: host:port"),
        new("control", "Listener for consensus and commands between nodes: host:port"),
        new("data-net", "Listener for objects between nodes: host:port"),
        new("hostname", "Host name that others use for this node; default: the host of each listener"),
        new("join", "Control or public URL of any member, or of the other founders (repeat)", IsList: true),
        new("bootstrap-expect", "Number of empty gateways that form a new cluster together; 1 for one gateway on a developer's machine"),
        new("dev-shared-filesystem", "Development: allow several mountpaths on one filesystem", IsFlag: true),
        new("allow-missing-mountpath", "Start although a mountpath of the last start is missing; its names answer 503", IsFlag: true),
        new("non-electable", "This gateway never votes nor leads", IsFlag: true),
        new("secret-file", "File with the secret that the members of the cluster share"),
        new("certificate", "PEM file with certificate and private key for all listeners"),
        new("log-level", "trace, debug, info, warning or error"),
        new("stop-timeout", "Seconds that requests may take to finish after SIGTERM"),
    ];

    /// <summary>Names in the environment, the first one that is set counts.</summary>
    public IEnumerable<string> EnvironmentNames
    {
        get
        {
            var name = Name.ToUpperInvariant().Replace('-', '_');
            yield return "STARLING_" + name;
            yield return "AIS_" + name;
            if (Name == "join")
            {
                yield return "AIS_PRIMARY_EP";
            }
        }
    }
}
