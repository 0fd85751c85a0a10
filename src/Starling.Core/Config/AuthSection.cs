using System.Text.Json;
using System.Text.Json.Serialization;
using Starling.Core.Wire;

namespace Starling.Core.Config;

/// <summary>Who may ask.</summary>
public sealed record AuthSection
{
    /// <summary>How tokens are signed.</summary>
    [JsonPropertyName("signature"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public AuthSignature? Signature { get; set; }

    /// <summary>What tokens must say.</summary>
    [JsonPropertyName("required_claims"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public AuthRequiredClaims? RequiredClaims { get; set; }

    /// <summary>Who issues tokens.</summary>
    [JsonPropertyName("oidc"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public AuthOidc? Oidc { get; set; }

    /// <summary>Trust between nodes.</summary>
    [JsonPropertyName("intra_cluster"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public AuthIntraCluster? IntraCluster { get; set; }

    /// <summary>Whether requests need a token.</summary>
    [JsonPropertyName("client_auth_required")]
    public bool ClientAuthRequired { get; set; }

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>How tokens are signed.</summary>
public sealed record AuthSignature
{
    /// <summary>Key; shown as asterisks.</summary>
    [JsonPropertyName("key")]
    public string Key { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Algorithm.</summary>
    [JsonPropertyName("method")]
    public string Method { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>What tokens must say.</summary>
public sealed record AuthRequiredClaims
{
    /// <summary>Audiences, one of which must be named.</summary>
    [JsonPropertyName("aud")]
    public List<string> Audiences { get; set => field = value ?? []; } = [];

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>Who issues tokens.</summary>
public sealed record AuthOidc
{
    /// <summary>Issuers that are believed.</summary>
    [JsonPropertyName("allowed_iss")]
    public List<string> AllowedIssuers { get; set => field = value ?? []; } = [];

    /// <summary>File with the certificates that issuers are checked against.</summary>
    [JsonPropertyName("issuer_ca_bundle")]
    public string IssuerCaBundle { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>How long keys of issuers are kept.</summary>
    [JsonPropertyName("jwks_cache"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public AuthKeyCache? JwksCache { get; set; }

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>How long keys of issuers are kept.</summary>
public sealed record AuthKeyCache
{
    /// <summary>Shortest pause between two refreshes caused by unknown keys.</summary>
    [JsonPropertyName("min_rotation_refresh")]
    public GoDuration MinRotationRefresh { get; set; }

    /// <summary>Shortest pause between two refreshes in the background.</summary>
    [JsonPropertyName("min_background_refresh")]
    public GoDuration MinBackgroundRefresh { get; set; }

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>Trust between nodes.</summary>
public sealed record AuthIntraCluster
{
    /// <summary>File with the secret that a joining node must know.</summary>
    [JsonPropertyName("node_join_secret_path")]
    public string NodeJoinSecretPath { get; set => field = value ?? string.Empty; } = string.Empty;

    /// <summary>Life of a signature.</summary>
    [JsonPropertyName("ttl")]
    public GoDuration Ttl { get; set; }

    /// <summary>Time within which a nonce must not repeat.</summary>
    [JsonPropertyName("nonce_window")]
    public GoDuration NonceWindow { get; set; }

    /// <summary>How long an old key is believed.</summary>
    [JsonPropertyName("rotation_grace")]
    public GoDuration RotationGrace { get; set; }

    /// <summary>Whether requests between nodes are signed.</summary>
    [JsonPropertyName("request_auth")]
    public bool RequestAuth { get; set; }

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}
