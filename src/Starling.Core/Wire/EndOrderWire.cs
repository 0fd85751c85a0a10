using System.Text.Json.Serialization;

namespace Starling.Core.Wire;

/// <summary>The order to one node to end together with its whole cluster: between nodes, and in the file of a node that has taken it. Ours.</summary>
public sealed record EndOrderWire
{
    /// <summary>Path of the order on the control network.</summary>
    public const string Path = "/intra/v1/end";

    /// <summary>The cluster that ends.</summary>
    [JsonPropertyName("cluster")]
    public string ClusterId { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Whom it is for.</summary>
    [JsonPropertyName("node")]
    public string NodeId { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Which incarnation of that node, 32 hexadecimal digits.</summary>
    [JsonPropertyName("incarnation")]
    public string Incarnation { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>False: only the process ends. True: the node also erases what makes it a member.</summary>
    [JsonPropertyName("decommission")]
    public bool Decommission { get; set; }

    /// <summary>With <see cref="Decommission"/>: the objects go as well.</summary>
    [JsonPropertyName("rm_user_data")]
    public bool RemoveUserData { get; set; }

    /// <summary>Who asked for it, at which gateway; for logs.</summary>
    [JsonPropertyName("ordered_by")]
    public string OrderedBy { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>What is to happen, in words.</summary>
    [JsonIgnore]
    public string Words => !Decommission ? "to shut down" : RemoveUserData ? "to be decommissioned and erase its objects" : "to be decommissioned and set its objects aside";

    /// <summary>Whether a node that took this one has done all that another one asks of it, once it has ended.</summary>
    public bool Covers(EndOrderWire other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return !other.Decommission || (Decommission && (RemoveUserData || !other.RemoveUserData));
    }
}
