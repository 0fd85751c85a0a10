using System.Text.Json;
using System.Text.Json.Serialization;
using Starling.Core.Wire;

namespace Starling.Core.Config;

/// <summary>Checking of disks after errors.</summary>
public sealed record DiskHealthSection
{
    /// <summary>Files written and read per check.</summary>
    [JsonPropertyName("test_files")]
    public int TestFiles { get; set; } = 4;

    /// <summary>Errors of a check that fail a disk.</summary>
    [JsonPropertyName("error_limit")]
    public int ErrorLimit { get; set; } = 2;

    /// <summary>Errors of requests that start a check.</summary>
    [JsonPropertyName("io_err_limit")]
    public int IoErrLimit { get; set; } = 10;

    /// <summary>Over which they are counted.</summary>
    [JsonPropertyName("io_err_time")]
    public GoDuration IoErrTime { get; set; } = GoDuration.Parse("10s");

    /// <summary>Whether disks are checked.</summary>
    [JsonPropertyName("enabled")]
    public bool Enabled { get; set; } = true;

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}
