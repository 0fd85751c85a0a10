using System.Text.Json;
using System.Text.Json.Serialization;
using Starling.Core.Wire;

namespace Starling.Core.Config;

/// <summary>Limits on the rate of requests.</summary>
public sealed record RateLimitSection
{
    /// <summary>Towards a remote backend.</summary>
    [JsonPropertyName("backend")]
    public BackendRateLimit Backend { get; set => field = value ?? new(); } = new();

    /// <summary>From clients.</summary>
    [JsonPropertyName("frontend")]
    public FrontendRateLimit Frontend { get; set => field = value ?? new(); } = new();

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>Limit on requests to a remote backend.</summary>
public sealed record BackendRateLimit
{
    /// <summary>Over which requests are counted.</summary>
    [JsonPropertyName("interval")]
    public GoDuration Interval { get; set; } = GoDuration.Parse("1m");

    /// <summary>Requests per interval.</summary>
    [JsonPropertyName("max_tokens")]
    public int MaxTokens { get; set; } = 1000;

    /// <summary>Limits per kind of request, for example <c>get:100,put:50</c>; absent for none.</summary>
    [JsonPropertyName("per_op_max_tokens"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? PerOpMaxTokens { get; set; }

    /// <summary>Whether the limit applies.</summary>
    [JsonPropertyName("enabled")]
    public bool Enabled { get; set; }

    /// <summary>Tries before giving up.</summary>
    [JsonPropertyName("num_retries")]
    public int NumRetries { get; set; } = 3;

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>Limit on requests of clients.</summary>
public sealed record FrontendRateLimit
{
    /// <summary>Over which requests are counted.</summary>
    [JsonPropertyName("interval")]
    public GoDuration Interval { get; set; } = GoDuration.Parse("1m");

    /// <summary>Requests per interval.</summary>
    [JsonPropertyName("max_tokens")]
    public int MaxTokens { get; set; } = 1000;

    /// <summary>Limits per kind of request; absent for none.</summary>
    [JsonPropertyName("per_op_max_tokens"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? PerOpMaxTokens { get; set; }

    /// <summary>Whether the limit applies.</summary>
    [JsonPropertyName("enabled")]
    public bool Enabled { get; set; }

    /// <summary>Requests admitted at once.</summary>
    [JsonPropertyName("burst_size")]
    public int BurstSize { get; set; } = 375;

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}
