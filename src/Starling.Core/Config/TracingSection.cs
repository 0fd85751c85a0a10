using System.Text.Json;
using System.Text.Json.Serialization;
using Starling.Core.Wire;

namespace Starling.Core.Config;

/// <summary>Export of traces.</summary>
public sealed record TracingSection
{
    /// <summary>Where to.</summary>
    [JsonPropertyName("exporter_endpoint")]
    public string ExporterEndpoint { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>How to authenticate there.</summary>
    [JsonPropertyName("exporter_auth"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public TracingAuth? ExporterAuth { get; set; }

    /// <summary>Prefix of the service name.</summary>
    [JsonPropertyName("service_name_prefix")]
    public string ServiceNamePrefix { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Further attributes.</summary>
    [JsonPropertyName("attributes")]
    public Dictionary<string, string> Attributes { get; set => field = value ?? []; } = [];

    /// <summary>Share of requests that are traced, 0 to 1.</summary>
    [JsonPropertyName("sampler_probability")]
    public string SamplerProbability { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Whether traces are exported.</summary>
    [JsonPropertyName("enabled")]
    public bool Enabled { get; set; }

    /// <summary>Believe the certificate unseen.</summary>
    [JsonPropertyName("skip_verify")]
    public bool SkipVerify { get; set; }

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>How to authenticate at the collector of traces.</summary>
public sealed record TracingAuth
{
    /// <summary>Header.</summary>
    [JsonPropertyName("token_header")]
    public string TokenHeader { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>File with the token.</summary>
    [JsonPropertyName("token_file")]
    public string TokenFile { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}
