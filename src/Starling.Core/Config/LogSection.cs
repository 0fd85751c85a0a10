using System.Text.Json;
using System.Text.Json.Serialization;
using Starling.Core.Wire;

namespace Starling.Core.Config;

/// <summary>Logging of nodes.</summary>
public sealed record LogSection
{
    /// <summary>Verbosity.</summary>
    [JsonPropertyName("level")]
    public string Level { get; set => field = value ?? "3"; } = "3";

    /// <summary>A log file that grows beyond this is rotated.</summary>
    [JsonPropertyName("max_size")]
    public SizeIec MaxSize { get; set; } = SizeIec.Parse("64MiB");

    /// <summary>All log files together; the oldest go first.</summary>
    [JsonPropertyName("max_total")]
    public SizeIec MaxTotal { get; set; } = SizeIec.Parse("512MiB");

    /// <summary>Longest time that a line stays in memory.</summary>
    [JsonPropertyName("flush_time")]
    public GoDuration FlushTime { get; set; } = GoDuration.Parse("1m");

    /// <summary>Between two lines of statistics.</summary>
    [JsonPropertyName("stats_time")]
    public GoDuration StatsTime { get; set; } = GoDuration.Parse("3m");

    /// <summary>Log to standard error as well.</summary>
    [JsonPropertyName("to_stderr")]
    public bool ToStderr { get; set; }

    /// <summary>Keys that this build does not know; kept when the document is written again.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}
