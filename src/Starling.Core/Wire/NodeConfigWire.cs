using System.Text.Json.Serialization;

namespace Starling.Core.Wire;

/// <summary>The configuration of one node (<c>what=config</c>): its local part and the cluster's, on one level.</summary>
public sealed record NodeConfigWire : ClusterConfigWire
{
    /// <summary>Mountpath to its label.</summary>
    [JsonPropertyName("fspaths")]
    public Dictionary<string, string> Mountpaths { get; set => field = value ?? []; } = [];

    /// <summary>Directory of the local configuration.</summary>
    [JsonPropertyName("confdir")]
    public string ConfigDirectory { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Directory of logs.</summary>
    [JsonPropertyName("log_dir")]
    public string LogDirectory { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Mountpaths of a development node.</summary>
    [JsonPropertyName("test_fspaths")]
    public TestMountpathsWire TestMountpaths { get; set => field = value ?? new(); } = new();

    /// <summary>Addresses and ports.</summary>
    [JsonPropertyName("host_net")]
    public HostNetWire HostNet { get; set => field = value ?? new(); } = new();
}

/// <summary>Mountpaths of a development node: several below one root.</summary>
public sealed record TestMountpathsWire
{
    /// <summary>Directory.</summary>
    [JsonPropertyName("root")]
    public string Root { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>How many; 0 for none.</summary>
    [JsonPropertyName("count")]
    public int Count { get; set; }

    /// <summary>Which node on this machine.</summary>
    [JsonPropertyName("instance")]
    public int Instance { get; set; }
}

/// <summary>Addresses and ports of a node; ports are text.</summary>
public sealed record HostNetWire
{
    /// <summary>Public address.</summary>
    [JsonPropertyName("hostname")]
    public string Hostname { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Address of the control network.</summary>
    [JsonPropertyName("hostname_intra_control")]
    public string HostnameIntraControl { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Address of the data network.</summary>
    [JsonPropertyName("hostname_intra_data")]
    public string HostnameIntraData { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Public port.</summary>
    [JsonPropertyName("port")]
    public string Port { get; set => field = value ?? "8080"; } = "8080";

    /// <summary>Port of the control network.</summary>
    [JsonPropertyName("port_intra_control")]
    public string PortIntraControl { get; set => field = value ?? "9080"; } = "9080";

    /// <summary>Port of the data network.</summary>
    [JsonPropertyName("port_intra_data")]
    public string PortIntraData { get; set => field = value ?? "10080"; } = "10080";
}
