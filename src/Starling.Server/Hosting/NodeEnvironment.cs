using Starling.Cluster.Clocks;
using Starling.Protocol.Node;
using Starling.Storage.Files;

namespace Starling.Server.Hosting;

/// <summary>What a node stands on besides its options.</summary>
internal sealed record NodeEnvironment
{
    public IBootClock Clock { get; init; } = new BootClock();

    public NodeSettings Settings { get; init; } = NodeSettings.Default;

    /// <summary>How long a disk that failed must do without failures before it counts as well again.</summary>
    public TimeSpan DiskQuiet { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Null: the files of this machine.</summary>
    public IFileLayer? Files { get; init; }
}
