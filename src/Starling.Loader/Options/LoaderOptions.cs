using System.Globalization;
using System.Text;

namespace Starling.Loader.Options;

/// <summary>Everything a run is told. Names, defaults and rules follow the load generator that users of such a store already know.</summary>
internal sealed class LoaderOptions
{
    /// <summary>Duration that means "until something else ends the run".</summary>
    public static readonly TimeSpan Unlimited = TimeSpan.MaxValue;

    private static readonly Flag[] Flags =
    [
        new("ip", "localhost", "gateway's host name or address", (o, v) => o.Ip = v),
        new("port", "8080", "gateway's port", (o, v) => o.Port = Int(v, 1, 65535)),
        new("randomproxy", "false", "send each request to a random gateway", (o, v) => o.RandomGateway = Bool(v)),
        new("direct", "false", "compute the owner from the cluster map and go straight to it (GET only; PUT follows the redirect)", (o, v) => o.Direct = Bool(v)),
        new("timeout", "10m", "deadline of one request; 0s means none", (o, v) => o.Timeout = ParseDuration(v)),
        new("bucket", "", "bucket name or URI, for example ais://abc; a random name when empty", (o, v) => o.Bucket = v),
        new("provider", "ais", "provider of a bucket given by bare name", (o, v) => o.Provider = v),
        new("duration", "1m", "how long to run (for example 30s, 3m)", (o, v) => { o.Duration = ParseDuration(v); o.DurationGiven = true; }),
        new("numworkers", "10", "concurrent workers", (o, v) => o.Workers = Int(v, 1, 10_000)),
        new("pctput", "0", "percentage of PUTs, the rest being GETs", (o, v) => o.PutPercent = Int(v, 0, 100)),
        new("pctupdate", "0", "percentage of GETs that are followed by an overwrite of the same object", (o, v) => o.UpdatePercent = Int(v, 0, 100)),
        new("epochs", "0", "read-only runs: number of passes over all names", (o, v) => o.Epochs = Int(v, 0, int.MaxValue)),
        new("perm-shuffle-max", "100000", "up to this many names a pass is a shuffle kept in memory", (o, v) => o.ShuffleMax = Int(v, 1, 100_000_000)),
        new("seed", "0", "seed of names and shuffles; 0 takes the time", (o, v) => o.Seed = long.Parse(v, CultureInfo.InvariantCulture)),
        new("maxputs", "0", "stop after this many PUTs", (o, v) => o.MaxPuts = long.Parse(v, CultureInfo.InvariantCulture)),
        new("totalputsize", "0", "stop after this many bytes were PUT", (o, v) => o.TotalPutSizeBytes = ParseSize(v)),
        new("skiplist", "false", "do not list the bucket first (100% PUT only)", (o, v) => o.SkipList = Bool(v)),
        new("uniquegets", "true", "accepted for compatibility; has no effect", (_, _) => { }),
        new("minsize", "1MiB", "smallest object", (o, v) => { o.MinSizeBytes = ParseSize(v); o.MinSizeGiven = true; }),
        new("maxsize", "1GiB", "largest object", (o, v) => { o.MaxSizeBytes = ParseSize(v); o.MaxSizeGiven = true; }),
        new("cksum-type", "xxhash", "checksum type for -verifyhash", (o, v) => o.ChecksumType = v),
        new("verifyhash", "false", "compare what was read with the checksum the store promises", (o, v) => o.VerifyHash = Bool(v)),
        new("readertype", "sg", "where PUT data comes from: sg (memory), rand; file and tar are refused", (o, v) => o.ReaderType = v),
        new("tmpdir", "/tmp/ais", "accepted for compatibility; nothing is written there", (_, _) => { }),
        new("randomname", "true", "32 random characters; false: hexadecimal counter", (o, v) => o.RandomName = Bool(v)),
        new("subdir", "", "virtual directory for PUT names, and prefix of the names read", (o, v) => o.SubDirectory = v.TrimEnd('/')),
        new("num-subdirs", "0", "spread PUT names over this many sub-directories of five hexadecimal digits", (o, v) => o.SubDirectories = Int(v, 0, 99_999)),
        new("readoff", "", "range reads: offset", (o, v) => o.ReadOffsetBytes = ParseSize(v)),
        new("readlen", "", "range reads: length", (o, v) => o.ReadLengthBytes = ParseSize(v)),
        new("cont-on-err", "false", "keep going after a failed GET", (o, v) => o.ContinueOnError = Bool(v)),
        new("loaderid", "0", "number of this loader among several", (o, v) => o.LoaderId = v),
        new("loadernum", "0", "number of loaders", (o, v) => o.LoaderCount = Int(v, 0, 1 << 20)),
        new("statsinterval", "10", "seconds between lines of statistics; 0 turns them off", (o, v) => o.StatsInterval = TimeSpan.FromSeconds(Int(v, 0, 86_400))),
        new("stats-output", "", "file for the final statistics", (o, v) => o.StatsOutput = v),
        new("json", "false", "statistics as JSON", (o, v) => o.Json = Bool(v)),
        new("percentiles", "false", "a second line with p50, p90, p99 and p99.9", (o, v) => o.Percentiles = Bool(v)),
        new("rate", "0", "open loop: this many requests per second; latency counts from when a request was due", (o, v) => o.RatePerSecond = Int(v, 0, 10_000_000)),
        new("verify-count", "false", "list the bucket in the end and compare with what was PUT", (o, v) => o.VerifyCount = Bool(v)),
        new("strict", "false", "exit code 1 when there was any error", (o, v) => o.Strict = Bool(v)),
        new("cleanup", "", "destroy the bucket in the end; must be said for ais:// buckets", (o, v) => o.Cleanup = Bool(v)),
        new("dry-run", "false", "print the configuration and stop", (o, v) => o.DryRun = Bool(v)),
        new("stoppable", "false", "accepted for compatibility: an interrupt always stops cleanly", (_, _) => { }),
        new("quiet", "false", "do not print the flags", (o, v) => o.Quiet = Bool(v)),
        new("usage", "false", "print this and exit", (o, v) => o.Usage = Bool(v)),
        new("help", "false", "print this and exit", (o, v) => o.Usage = Bool(v)),
        new("version", "false", "print the version and exit", (o, v) => o.Version = Bool(v)),
    ];

    private readonly List<KeyValuePair<string, string>> given = [];

    public string Ip { get; private set; } = "localhost";

    public int Port { get; private set; } = 8080;

    public bool RandomGateway { get; private set; }

    public bool Direct { get; private set; }

    public TimeSpan Timeout { get; private set; } = TimeSpan.FromMinutes(10);

    public string Bucket { get; private set; } = string.Empty;

    public string Provider { get; private set; } = "ais";

    public TimeSpan Duration { get; private set; } = TimeSpan.FromMinutes(1);

    public bool DurationGiven { get; private set; }

    public int Workers { get; private set; } = 10;

    public int PutPercent { get; private set; }

    public int UpdatePercent { get; private set; }

    public int Epochs { get; private set; }

    public int ShuffleMax { get; private set; } = 100_000;

    public long Seed { get; private set; }

    public long MaxPuts { get; private set; }

    public long TotalPutSizeBytes { get; private set; }

    public bool SkipList { get; private set; }

    public long MinSizeBytes { get; private set; } = 1L << 20;

    public long MaxSizeBytes { get; private set; } = 1L << 30;

    public string ChecksumType { get; private set; } = "xxhash";

    public bool VerifyHash { get; private set; }

    public string ReaderType { get; private set; } = "sg";

    public bool RandomName { get; private set; } = true;

    public string SubDirectory { get; private set; } = string.Empty;

    public int SubDirectories { get; private set; }

    public long? ReadOffsetBytes { get; private set; }

    public long? ReadLengthBytes { get; private set; }

    public bool ContinueOnError { get; private set; }

    public string LoaderId { get; private set; } = "0";

    public int LoaderCount { get; private set; }

    public TimeSpan StatsInterval { get; private set; } = TimeSpan.FromSeconds(10);

    public string StatsOutput { get; private set; } = string.Empty;

    public bool Json { get; private set; }

    public bool Percentiles { get; private set; }

    public int RatePerSecond { get; private set; }

    public bool VerifyCount { get; private set; }

    public bool Strict { get; private set; }

    public bool? Cleanup { get; private set; }

    public bool DryRun { get; private set; }

    public bool Quiet { get; private set; }

    public bool Usage { get; private set; }

    public bool Version { get; private set; }

    private bool MinSizeGiven { get; set; }

    private bool MaxSizeGiven { get; set; }

    /// <summary>Parses and validates.</summary>
    /// <exception cref="UsageException">Names the flag and the rule.</exception>
    public static LoaderOptions Parse(IReadOnlyList<string> arguments)
    {
        var options = new LoaderOptions();
        foreach (var (name, value) in GoFlags.Parse(arguments, name => Flags.FirstOrDefault(flag => flag.Name == name)?.IsBoolean))
        {
            try
            {
                Flags.First(flag => flag.Name == name).Set(options, value);
            }
            catch (Exception e) when (e is FormatException or OverflowException or UsageException)
            {
                throw new UsageException($"invalid value \"{value}\" for flag -{name}: {e.Message}");
            }

            options.given.Add(new(name, value));
        }

        options.Complete();
        return options;
    }

    public static string UsageText()
    {
        var text = new StringBuilder("Usage: aisloader -bucket=BUCKET [flags]\n\nFlags (also accepted as --flag and as 'flag value'):\n");
        foreach (var flag in Flags)
        {
            text.Append(CultureInfo.InvariantCulture, $"  -{flag.Name}\n        {flag.Help}{(flag.Default.Length == 0 ? string.Empty : $" (default {flag.Default})")}\n");
        }

        return text.ToString();
    }

    /// <summary>The flags and their values in two parts: defaults first, then what was given.</summary>
    public string Dump()
    {
        var text = new StringBuilder("==== DEFAULTS ====\n");
        foreach (var flag in Flags.Where(flag => given.All(pair => pair.Key != flag.Name)))
        {
            text.Append(CultureInfo.InvariantCulture, $"{flag.Name}: {flag.Default}\n");
        }

        text.Append("\n==== COMMAND LINE ====\n");
        foreach (var (name, value) in given)
        {
            text.Append(CultureInfo.InvariantCulture, $"{name}: {value}\n");
        }

        return text.Append('\n').ToString();
    }

    private void Complete()
    {
        // Giving one size pulls the other along, so that -maxsize 1k alone is enough.
        if (MaxSizeGiven && !MinSizeGiven && MinSizeBytes > MaxSizeBytes)
        {
            MinSizeBytes = MaxSizeBytes;
        }
        else if (MinSizeGiven && !MaxSizeGiven && MaxSizeBytes < MinSizeBytes)
        {
            MaxSizeBytes = MinSizeBytes;
        }

        if (!DurationGiven && (TotalPutSizeBytes > 0 || MaxPuts > 0 || Epochs > 0))
        {
            Duration = Unlimited;
        }

        if (Usage || Version)
        {
            return;
        }

        Require(MaxSizeBytes >= MinSizeBytes, "-maxsize must not be smaller than -minsize");
        Require(ReaderType is "sg" or "rand", $"-readertype={ReaderType} is not offered: use sg or rand");
        Require(!SkipList || PutPercent == 100, "-skiplist needs -pctput=100");
        Require(ReadLengthBytes is null || ReadOffsetBytes is not null, "-readlen needs -readoff");
        Require(!(VerifyHash && ReadOffsetBytes is not null), "-verifyhash excludes range reads");
        Require(!(Direct && RandomGateway), "-direct excludes -randomproxy");
        Require(Cleanup is not null, "-cleanup must be given for ais:// buckets: true destroys the bucket in the end, false keeps it");
    }

    private static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new UsageException(message);
        }
    }

    private static bool Bool(string text) => text switch
    {
        "1" or "t" or "T" or "true" or "TRUE" or "True" => true,
        "0" or "f" or "F" or "false" or "FALSE" or "False" => false,
        _ => throw new UsageException("expected true or false"),
    };

    private static int Int(string text, int min, int max)
    {
        var value = int.Parse(text, CultureInfo.InvariantCulture);
        return value >= min && value <= max ? value : throw new UsageException($"must be between {min} and {max}");
    }

    private static TimeSpan ParseDuration(string text) => Units.ParseDuration(text);

    private static long ParseSize(string text) => Units.ParseSize(text);

    private sealed record Flag(string Name, string Default, string Help, Action<LoaderOptions, string> Set)
    {
        public bool IsBoolean => Default is "true" or "false" || Name == "cleanup";
    }
}
