using System.Text.Json;
using System.Text.Json.Serialization;

namespace Starling.Core.Wire;

/// <summary>Properties of a bucket that only some providers know.</summary>
public sealed record BucketExtraWire
{
    /// <summary>Amazon S3.</summary>
    [JsonPropertyName("aws")]
    public BucketExtraAwsWire Aws { get; set => field = value ?? new(); } = new();

    /// <summary>Google Cloud Storage.</summary>
    [JsonPropertyName("gcp")]
    public BucketExtraGcpWire Gcp { get; set => field = value ?? new(); } = new();

    /// <summary>Oracle Cloud.</summary>
    [JsonPropertyName("oci")]
    public BucketExtraOciWire Oci { get; set => field = value ?? new(); } = new();

    /// <summary>Free text of up to 128 characters; absent for none.</summary>
    [JsonPropertyName("custom"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Custom { get; set; }

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>Properties of a bucket of Amazon S3.</summary>
public sealed record BucketExtraAwsWire
{
    /// <summary>Region.</summary>
    [JsonPropertyName("cloud_region"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? CloudRegion { get; set; }

    /// <summary>Endpoint.</summary>
    [JsonPropertyName("endpoint"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Endpoint { get; set; }

    /// <summary>Profile of credentials.</summary>
    [JsonPropertyName("profile"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Profile { get; set; }

    /// <summary>Names per page; 0 for the default.</summary>
    [JsonPropertyName("max_pagesize"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public long MaxPageSize { get; set; }

    /// <summary>Larger objects are uploaded in parts.</summary>
    [JsonPropertyName("multipart_size"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SizeIec? MultipartSize { get; set; }

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>Properties of a bucket of Google Cloud Storage.</summary>
public sealed record BucketExtraGcpWire
{
    /// <summary>File of credentials.</summary>
    [JsonPropertyName("application_creds"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ApplicationCredentials { get; set; }

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>Properties of a bucket of Oracle Cloud.</summary>
public sealed record BucketExtraOciWire
{
    /// <summary>Region.</summary>
    [JsonPropertyName("region"), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Region { get; set; }

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}
