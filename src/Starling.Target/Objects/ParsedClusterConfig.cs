using System.Runtime.CompilerServices;
using Starling.Core.Config;
using Starling.Core.Wire;
using Starling.Protocol.State;

namespace Starling.Target.Objects;

/// <summary>The cluster's configuration as a target acts upon it, parsed once per version of the document.</summary>
public static class ParsedClusterConfig
{
    private static readonly ConditionalWeakTable<ClusterConfig, ClusterConfigWire> Parsed = [];
    private static readonly ClusterConfigWire Defaults = new();

    /// <summary>The settings; the defaults where this build cannot read the document.</summary>
    public static ClusterConfigWire Settings(this ClusterConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return Parsed.GetValue(config, static one => ConfigDocument.TryRead(one.Json, out var read, out _) ? read : Defaults);
    }
}
