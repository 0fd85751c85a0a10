using Microsoft.Extensions.Logging;
using Starling.Core.Names;

namespace Starling.Server.Options;

/// <summary>What a node is told when it starts: command line, environment, file. Validated once, immutable afterwards; a change needs a restart.</summary>
internal sealed record NodeOptions
{
    public required bool IsGateway { get; init; }

    /// <summary>None: taken from the data directory, or drawn and remembered there.</summary>
    public NodeId Id { get; init; }

    /// <summary>Absolute path.</summary>
    public required string DataDirectory { get; init; }

    /// <summary>Absolute paths; empty on gateways.</summary>
    public IReadOnlyList<string> Mountpaths { get; init; } = [];

    public required ListenAddress Public { get; init; }

    public required ListenAddress Control { get; init; }

    public required ListenAddress Data { get; init; }

    /// <summary>Host name to advertise; null: that of the listeners.</summary>
    public string? Hostname { get; init; }

    /// <summary>Places to ask for a cluster (public or control URLs).</summary>
    public IReadOnlyList<string> Join { get; init; } = [];

    /// <summary>Number of empty gateways that form a cluster together; 0: this node only joins.</summary>
    public int BootstrapExpect { get; init; }

    /// <summary>Development: several mountpaths on one filesystem.</summary>
    public bool AllowSharedFilesystem { get; init; }

    /// <summary>Start although a recorded mountpath is missing.</summary>
    public bool AllowMissingMountpath { get; init; }

    /// <summary>False: this gateway never votes nor leads.</summary>
    public bool IsElectable { get; init; } = true;

    /// <summary>Shared by the members of a cluster.</summary>
    public required string Secret { get; init; }

    /// <summary>PEM file with certificate and key for all listeners; null: no TLS.</summary>
    public string? CertificateFile { get; init; }

    public LogLevel LogLevel { get; init; } = LogLevel.Information;

    /// <summary>How long requests may finish after SIGTERM.</summary>
    public TimeSpan StopTimeout { get; init; } = TimeSpan.FromSeconds(20);

    public string Scheme => CertificateFile is null ? Uri.UriSchemeHttp : Uri.UriSchemeHttps;
}
