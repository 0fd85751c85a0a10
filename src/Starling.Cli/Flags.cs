using System.CommandLine;

namespace Starling.Cli;

/// <summary>The flags, each defined once per command tree; a command takes the ones it understands.</summary>
internal sealed class Flags
{
    public Option<bool> Help { get; } = new("--help", "-h") { Description = "Show help", Recursive = true };
    public Option<string?> Endpoint { get; } = new("--endpoint") { Description = "URL of any gateway, several separated by commas (default: AIS_ENDPOINT, else http://127.0.0.1:8080)", Recursive = true };
    public Option<string?> Color { get; } = new("--color") { Description = "When to use colours: auto, always, never", Recursive = true };

    public Option<bool> Json { get; } = Flag("--json", "Print JSON", "-j");
    public Option<bool> NoHeaders { get; } = Flag("--no-headers", "Print tables without their headings", "-H");
    public Option<bool> NoFooters { get; } = Flag("--no-footers", "Print tables without totals and captions", "-F");
    public Option<bool> Verbose { get; } = Flag("--verbose", "Say more", "-v");
    public Option<bool> Yes { get; } = Flag("--yes", "Answer all questions with yes", "-y");
    public Option<bool> All { get; } = Flag("--all", "Everything, including what is hidden by default");
    public Option<bool> Progress { get; } = Flag("--progress", "Show a progress bar");
    public Option<bool> IgnoreError { get; } = Flag("--ignore-error", "Carry on after a failure");
    public Option<bool> Force { get; } = Flag("--force", "Proceed in spite of a failed check", "-f");
    public Option<bool> Transient { get; } = Flag("--transient", "In memory only: forgotten at the next restart");
    public Option<bool> CountOnly { get; } = Flag("--count-only", "Print only how many names there are");
    public Option<bool> NameOnly { get; } = Flag("--name-only", "List names without properties");
    public Option<bool> Paged { get; } = Flag("--paged", "Print page by page");
    public Option<bool> Summary { get; } = Flag("--summary", "Print totals per bucket instead of names");
    public Option<bool> NonRecursive { get; } = Flag("--non-recursive", "Only the direct content of a virtual directory", "--nr");
    public Option<bool> Recursive { get; } = Flag("--recursive", "Also what is in sub-directories", "-r");
    public Option<bool> IncludeSourceDirectory { get; } = Flag("--include-src-dir", "Begin object names with the name of the source directory");
    public Option<bool> ContinueOnError { get; } = Flag("--cont-on-err", "Carry on after a failure");
    public Option<bool> DryRun { get; } = Flag("--dry-run", "Say what would be done, and do nothing");
    public Option<bool> Compact { get; } = Flag("--compact", "Only the most telling properties", "-c");
    public Option<bool> DiscardPending { get; } = Flag("--discard-pending", "Give up a founding whose proposer is gone for good");
    public Option<bool> DateTime { get; } = Flag("--date-time", "Print times with their date");

    public Option<string?> UnitsKind { get; } = Value("--units", "How to write sizes: iec (KiB, MiB), si (KB, MB), raw (bytes)");
    public Option<string?> Refresh { get; } = Value("--refresh", "Repeat with this period, for example 5 or 1m30s");
    public Option<string?> Count { get; } = Value("--count", "How many reports to print, with '--refresh'");
    public Option<string?> Prefix { get; } = Value("--prefix", "Only names that begin with this");
    public Option<string?> Props { get; } = Value("--props", "Properties, separated by commas, or 'all'");
    public Option<string?> Limit { get; } = Value("--limit", "Most names to list");
    public Option<string?> PageSize { get; } = Value("--page-size", "Names per page");
    public Option<string?> MaxPages { get; } = Value("--max-pages", "Most pages to list");
    public Option<string?> StartAfter { get; } = Value("--start-after", "Only names greater than this");
    public Option<string?> Template { get; } = Value("--template", "Names by template, for example 'shard-{000..099}.tar'");
    public Option<string?> List { get; } = Value("--list", "Names, separated by commas");
    public Option<string?> Workers { get; } = Value("--num-workers", "How many transfers at the same time (default 10)");
    public Option<string?> Retries { get; } = Value("--retries", "How often a failed transfer is repeated, 0 to 5 (default 1)");
    public Option<string?> Offset { get; } = Value("--offset", "First byte to read; with '--length'");
    public Option<string?> Length { get; } = Value("--length", "How many bytes to read; with '--offset'");
    public Option<string?> Severity { get; } = Value("--severity", "Only lines of this severity and above: info, warning, error");

    private static Option<bool> Flag(string name, string description, params string[] aliases) => new(name, aliases) { Description = description };

    private static Option<string?> Value(string name, string description, params string[] aliases) => new(name, aliases) { Description = description };
}
