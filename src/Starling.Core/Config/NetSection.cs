using System.Text.Json;
using System.Text.Json.Serialization;
using Starling.Core.Wire;

namespace Starling.Core.Config;

/// <summary>Network.</summary>
public sealed record NetSection
{
    /// <summary>Sockets.</summary>
    [JsonPropertyName("l4")]
    public NetTcp L4 { get; set => field = value ?? new(); } = new();

    /// <summary>HTTP and TLS.</summary>
    [JsonPropertyName("http")]
    public NetHttp Http { get; set => field = value ?? new(); } = new();

    /// <summary>Whether addresses are IPv6.</summary>
    [JsonPropertyName("use_ipv6")]
    public bool UseIpv6 { get; set; }

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>Sockets.</summary>
public sealed record NetTcp
{
    /// <summary>Protocol.</summary>
    [JsonPropertyName("proto")]
    public string Proto { get; set => field = value ?? "tcp"; } = "tcp";

    /// <summary>Buffers of a socket, bytes.</summary>
    [JsonPropertyName("sndrcv_buf_size")]
    public int SndrcvBufSize { get; set; } = 131072;

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>HTTP and TLS.</summary>
public sealed record NetHttp
{
    /// <summary>File with the certificate.</summary>
    [JsonPropertyName("server_crt")]
    public string ServerCertificate { get; set => field = value ?? "server.crt"; } = "server.crt";

    /// <summary>File with its key.</summary>
    [JsonPropertyName("server_key")]
    public string ServerKey { get; set => field = value ?? "server.key"; } = "server.key";

    /// <summary>File with the authorities that clients are checked against.</summary>
    [JsonPropertyName("client_ca_tls")]
    public string ClientCaTls { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>How strictly clients are checked, 0 to 4.</summary>
    [JsonPropertyName("client_auth_tls")]
    public int ClientAuthTls { get; set; }

    /// <summary>Name that is checked.</summary>
    [JsonPropertyName("domain_tls")]
    public string DomainTls { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>An idle connection is closed after this.</summary>
    [JsonPropertyName("idle_conn_time")]
    public GoDuration IdleConnTime { get; set; } = GoDuration.Parse("6s");

    /// <summary>The same towards backends.</summary>
    [JsonPropertyName("backend_idle_conn_time")]
    public GoDuration BackendIdleConnTime { get; set; } = GoDuration.Parse("6s");

    /// <summary>Idle connections kept per node.</summary>
    [JsonPropertyName("idle_conns_per_host")]
    public int IdleConnsPerHost { get; set; } = 32;

    /// <summary>Idle connections kept in all.</summary>
    [JsonPropertyName("idle_conns")]
    public int IdleConns { get; set; } = 256;

    /// <summary>Bytes; 0 for the default.</summary>
    [JsonPropertyName("write_buffer_size")]
    public int WriteBufferSize { get; set; }

    /// <summary>Bytes; 0 for the default.</summary>
    [JsonPropertyName("read_buffer_size")]
    public int ReadBufferSize { get; set; }

    /// <summary>Whether nodes speak TLS.</summary>
    [JsonPropertyName("use_https")]
    public bool UseHttps { get; set; }

    /// <summary>Whether certificates of nodes are believed unseen.</summary>
    [JsonPropertyName("skip_verify")]
    public bool SkipVerify { get; set; }

    /// <summary>Whether bodies of unknown length are sent in chunks.</summary>
    [JsonPropertyName("chunked_transfer")]
    public bool ChunkedTransfer { get; set; } = true;

    /// <summary>Other certificates for clients; absent for the same.</summary>
    [JsonPropertyName("pub"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public NetPublicTls? Pub { get; set; }

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>TLS towards clients where it differs.</summary>
public sealed record NetPublicTls
{
    /// <summary>File with the certificate.</summary>
    [JsonPropertyName("server_crt")]
    public string ServerCertificate { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>File with its key.</summary>
    [JsonPropertyName("server_key")]
    public string ServerKey { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>File with the authorities that clients are checked against.</summary>
    [JsonPropertyName("client_ca_tls")]
    public string ClientCaTls { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>How strictly clients are checked, 0 to 4.</summary>
    [JsonPropertyName("client_auth_tls")]
    public int ClientAuthTls { get; set; }

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}
