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

    public Option<bool> NoRebalance { get; } = Flag("--no-rebalance", "Do not move data: what lies on the node is unavailable while the node is away (advanced usage only)");
    public Option<bool> RemoveUserData { get; } = Flag("--rm-user-data", "Erase the objects on the node as well");
    public Option<bool> RemoveAllUserData { get; } = Flag("--rm-user-data", "Erase the objects of all nodes as well; else they are set aside on the disks");
    public Option<bool> KeepInitialConfig { get; } = Flag("--keep-initial-config", "Keep the node's plain-text configuration, so that it can be started again as it is");
    public Option<bool> NoShutdown { get; } = Flag("--no-shutdown", "Leave the process running after it has erased itself");
    public Option<bool> WaitSafe { get; } = Flag("--wait-safe", "Wait until the node is safe to power off");
    public Option<bool> Cleanup { get; } = Flag(
        "--cleanup",
        "Move nothing: remove local copies of objects that belong to another target, when that target proves to hold them;\nrefused while a rebalance runs, and together with '--latest' or '--sync'");
    public Option<bool> CleanupForce { get; } = Flag(
        "--force", "With '--cleanup': also remove copies that differ from what the proper owner holds;\nthe last good copy of an object always stays (caution: advanced usage only)", "-f");
    public Option<bool> StopForce { get; } = Flag("--force", "Also a rebalance that a removal of nodes waits for; the removal then waits until data moves again", "-f");
    public Option<bool> Latest { get; } = Flag("--latest", "Bring objects up to date with the bucket's remote backend on the way;\nan error for buckets that have none");
    public Option<bool> Sync { get; } = Flag("--sync", "As '--latest', and remove what the remote backend does not hold any more;\nan error for buckets that have none");

    public Option<string?> Guard { get; } = Value("--force", "Override one guard by its name, for example 'capacity' (several separated by commas); the override is on record", "-f");
    public Option<string?> EndGuard { get; } = Value("--force", "'unreachable': end the gateway that is asked too, although other nodes could not be told", "-f");
    public Option<string?> Timeout { get; } = Value("--timeout", "Give up waiting after this time, for example 90 or 10m; what was waited for goes on");
    public Option<string?> RebalancePrefix { get; } = Value(
        "--prefix", "Only objects whose names begin with this:\n'--prefix a/b/c' selects 'a/b/c/d' and 'a/b/cdef', '--prefix a/b/c/' only what is in that virtual directory");
    public Option<string?> UnitsKind { get; } = Value("--units", "How to write sizes: iec (KiB, MiB), si (KB, MB), raw (bytes)");
    public Option<string?> Refresh { get; } = Value("--refresh", "Repeat with this period, for example 5 or 1m30s");
    public Option<string?> Count { get; } = Value("--count", "How many reports to print, with '--refresh'");
    public Option<string?> Prefix { get; } = Value("--prefix", "Only names that begin with this");
    public Option<string?> Props { get; } = Value("--props", "Properties, separated by commas, or 'all'");
    public Option<string?> JournalLimit { get; } = Value("--limit", "How many changes to show, the newest, 1 to 1000 (default 50)");
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
