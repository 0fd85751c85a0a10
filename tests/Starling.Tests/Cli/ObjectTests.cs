using System.Text;
using Starling.Tests.Client;
using Xunit;

namespace Starling.Tests.Cli;

public sealed class ObjectTests : IAsyncLifetime
{
    private readonly string directory = Directory.CreateTempSubdirectory("ais-cli-test-").FullName;
    private FakeCluster cluster = null!;

    public async Task InitializeAsync()
    {
        cluster = await FakeCluster.StartAsync();
        cluster.Buckets["nnn"] = new(StringComparer.Ordinal);
    }

    public async Task DisposeAsync()
    {
        await cluster.DisposeAsync();
        Directory.Delete(directory, recursive: true);
    }

    [Theory]
    [InlineData("ais://nnn", "a.txt")]
    [InlineData("ais://nnn/dir/", "dir/a.txt")]
    [InlineData("ais://nnn/dir/b", "dir/b")]
    public async Task One_file_is_put_under_the_name_that_was_meant(string destination, string name)
    {
        Write("a.txt", "hello");

        (await Run($"put a.txt {destination}")).Prints($"PUT \"{directory}/a.txt\" => ais://nnn/{name}");

        Assert.Equal("hello", Encoding.UTF8.GetString(cluster.Buckets["nnn"][name]));
    }

    [Fact]
    public async Task A_directory_is_put_with_its_relative_names_and_sub_directories_only_when_asked()
    {
        Write("docs/a.md", "1");
        Write("docs/b.md", "22");
        Write("docs/sub/c.txt", "333");

        (await Run("put docs ais://nnn --yes")).Prints("""
            Files to upload:
            EXTENSION   COUNT   SIZE
            .md         2       3B
            TOTAL       2       3B
            Done
            """);
        (await Run("put ./docs ais://nnn/p --recursive --yes --include-src-dir")).Prints("""
            Files to upload:
            EXTENSION   COUNT   SIZE
            .md         2       3B
            .txt        1       3B
            TOTAL       3       6B
            Done
            """);

        Assert.Equal(["a.md", "b.md", "p/docs/a.md", "p/docs/b.md", "p/docs/sub/c.txt"], Names());
        Assert.Equal("333", Encoding.UTF8.GetString(cluster.Buckets["nnn"]["p/docs/sub/c.txt"]));
    }

    [Fact]
    public async Task Patterns_lists_and_templates_choose_files()
    {
        Write("d/a1", "1");
        Write("d/a2", "2");
        Write("d/a3", "3");
        Write("d/b.md", "4");

        Assert.Equal(0, (await Run("put d/*.md ais://nnn -y")).ExitCode);
        Assert.Equal(["b.md"], Names());
        Assert.Equal(0, (await Run("put d ais://nnn -y --template a{1..3..2}")).ExitCode);
        Assert.Equal(["a1", "a3", "b.md"], Names());
        Assert.Equal(0, (await Run("put d ais://nnn -y --list a2,b.md")).ExitCode);
        Assert.Equal(["a1", "a2", "a3", "b.md"], Names());
        Assert.Equal(3, (await Run("put d ais://nnn -y --list a9")).ExitCode);
    }

    [Fact]
    public async Task Several_files_are_asked_about_and_a_dry_run_never_asks()
    {
        Write("d/a", "1");

        var asked = await CliRun.Of(cluster, "put d ais://nnn", input: "n\n", terminal: true, directory);
        Assert.Equal((1, "PUT 1 files (one directory, non-recursive) => ais://nnn? [Y/N]: Operation canceled.\n"), (asked.ExitCode, asked.Error));
        Assert.Equal(2, (await Run("put d ais://nnn")).ExitCode);
        var dry = await Run("put d ais://nnn --dry-run");
        Assert.Equal(0, dry.ExitCode);
        Assert.EndsWith($"[DRY RUN] PUT \"{directory}/d/a\" => ais://nnn/a\n", dry.Out, StringComparison.Ordinal);
        Assert.Empty(Names());
    }

    [Fact]
    public async Task Standard_input_needs_a_name_and_is_stored_whole()
    {
        (await CliRun.Of(cluster, "put - ais://nnn/in", input: "piped", directory: directory)).Prints("PUT (standard input) => ais://nnn/in");
        Assert.Equal("piped", Encoding.UTF8.GetString(cluster.Buckets["nnn"]["in"]));
        Assert.Equal(2, (await CliRun.Of(cluster, "put - ais://nnn", input: "piped")).ExitCode);
    }

    [Fact]
    public async Task Failures_are_counted_logged_and_end_in_a_partial_exit_code()
    {
        Write("d/a", "1");
        Write("d/b", "2");
        cluster.Before = async (context, seen) =>
        {
            if (seen.Method != "PUT" || !seen.Path.EndsWith("/b", StringComparison.Ordinal))
            {
                return false;
            }

            await context.ErrorAsync(507, "ErrCapExceeded", "out of space");
            return true;
        };

        var run = await Run("put d ais://nnn -y --cont-on-err --retries 2");

        Assert.Equal(8, run.ExitCode);
        Assert.Matches("^Error: failed to PUT 1 files \\(\"/.*/\\.ais-put-failures\\..*\\.log\"\\); the first one: \".*/d/b\": out of space\n$", run.Error);
        Assert.Equal(3, cluster.Requests.Count(seen => seen.Line.StartsWith("PUT /v1/objects/nnn/b", StringComparison.Ordinal)));
        Assert.Equal(["a"], Names());
        var log = run.Error.Split('"')[1];
        Assert.Equal($"{directory}/d/b => ais://nnn/b: out of space\n", await File.ReadAllTextAsync(log));
        File.Delete(log);
    }

    [Fact]
    public async Task Progress_is_lines_elsewhere_and_a_bar_on_a_terminal()
    {
        Write("d/a", "12345");

        Assert.Contains("Uploaded files: 0/1, 5B/5B (100%)\n", (await Run("put d ais://nnn -y --progress")).Error, StringComparison.Ordinal);
        var bar = (await CliRun.Of(cluster, "put d ais://nnn -y --progress", terminal: true, directory: directory)).Error;
        Assert.EndsWith($"\rUploaded files: 1/1 [{new string('=', 64)}] 5B/5B \n", bar, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("put", 2, "missing \"FILE\" argument")]
    [InlineData("put a", 2, "missing \"BUCKET\" argument")]
    [InlineData("put absent ais://nnn", 3, "absent\" does not exist")]
    [InlineData("put a ais://absent/x", 3, "bucket \"ais://absent\" does not exist")]
    [InlineData("put a ais://nnn x", 2, "too many arguments or unrecognized (misplaced?) option 'x'")]
    [InlineData("put d ais://nnn -y --template {9..1}", 2, "{9..1} ends before it starts")]
    [InlineData("put d ais://nnn -y --template {0..99999999}", 2, "more than 10000000 names")]
    [InlineData("get ais://nnn/absent", 3, "object \"absent\" not found in ais://nnn")]
    [InlineData("get ais://absent/x", 3, "bucket \"ais://absent\" does not exist")]
    [InlineData("get ais://nnn/a --offset 3", 2, "missing '--length'")]
    [InlineData("get ais://nnn/a --offset 3x --length 1", 2, "invalid size '--offset 3x'")]
    [InlineData("get ais://nnn -", 2, "cannot write several objects to standard output")]
    [InlineData("cat ais://nnn", 2, "missing object name in \"ais://nnn\"")]
    [InlineData("object rm ais://nnn", 2, "say '--all'")]
    [InlineData("object rm ais://nnn/absent", 3, "object \"absent\" not found in ais://nnn")]
    [InlineData("object show ais://nnn/absent", 3, "object \"absent\" not found in ais://nnn")]
    [InlineData("object show ais://nnn/a --props colour", 2, "invalid property \"colour\"")]
    public async Task Wrong_use_says_what_is_wrong(string command, int exitCode, string error)
    {
        Write("a", "1");
        Write("d/a", "1");

        var run = await Run(command);

        Assert.Equal(exitCode, run.ExitCode);
        Assert.Contains(error, run.Error, StringComparison.Ordinal);
        Assert.Empty(run.Out);
    }

    [Theory]
    [InlineData("get ais://nnn/x/o", "o")]
    [InlineData("get ais://nnn/x/o copy", "copy")]
    [InlineData("get ais://nnn/x/o sub/", "sub/o")]
    public async Task An_object_is_read_into_a_file(string command, string file)
    {
        cluster.Buckets["nnn"]["x/o"] = "hello world"u8.ToArray();

        (await Run(command)).Prints($"GET x/o from ais://nnn as {directory}/{file} (11B)");

        Assert.Equal("hello world", await File.ReadAllTextAsync(Path.Combine(directory, file)));
        Assert.Single(Directory.GetFiles(directory, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Ranges_and_standard_output_give_the_bytes_alone()
    {
        cluster.Buckets["nnn"]["o"] = "hello world"u8.ToArray();

        Assert.Equal("hello world"u8.ToArray(), (await Run("get ais://nnn/o -")).Bytes);
        var cat = await Run("cat ais://nnn/o --offset 6 --length 5");
        Assert.Equal((0, "world", string.Empty), (cat.ExitCode, Encoding.UTF8.GetString(cat.Bytes), cat.Out));
        (await Run("get ais://nnn/o part --offset 1 --length 3")).Prints($"Read range (length 3B at offset 1) of ais://nnn/o as {directory}/part");
        Assert.Equal("ell", await File.ReadAllTextAsync(Path.Combine(directory, "part")));
    }

    [Fact]
    public async Task A_prefix_is_read_into_a_directory_and_never_outside_of_it()
    {
        cluster.Buckets["nnn"]["a/1"] = [1];
        cluster.Buckets["nnn"]["a/b/2"] = [2, 2];
        cluster.Buckets["nnn"]["c"] = [3];

        (await Run("get ais://nnn/a/ out --yes")).Prints($"GET 2 objects from ais://nnn as {directory}/out (3B)");
        Assert.Equal([2, 2], await File.ReadAllBytesAsync(Path.Combine(directory, "out/a/b/2")));
        cluster.Buckets["nnn"]["../evil"] = [4];
        var evil = await Run("get ais://nnn out --prefix ../ --yes");
        Assert.NotEqual(0, evil.ExitCode);
        Assert.False(File.Exists(Path.Combine(directory, "evil")));
    }

    [Fact]
    public async Task A_read_that_breaks_leaves_no_file_behind()
    {
        cluster.Before = async (context, seen) =>
        {
            if (seen.Method != "GET")
            {
                return false;
            }

            context.Response.ContentLength = 100;
            await context.Response.Body.WriteAsync(new byte[10]);
            await context.Response.Body.FlushAsync();
            context.Abort();
            return true;
        };

        var run = await Run("get ais://nnn/o");

        Assert.Equal(5, run.ExitCode);
        Assert.Empty(Directory.GetFiles(directory));
    }

    [Fact]
    public async Task Bytes_that_do_not_match_the_announced_checksum_are_refused_and_not_kept()
    {
        cluster.Buckets["nnn"]["o"] = "hello world"u8.ToArray();
        Assert.Equal(0, (await Run("get ais://nnn/o")).ExitCode);
        File.Delete(Path.Combine(directory, "o"));
        cluster.IsLying = true;

        var run = await Run("get ais://nnn/o");

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("Error: ais://nnn/o is damaged: xxhash2 of the bytes that arrived is ", run.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(directory));
        Assert.Equal(1, (await Run("cat ais://nnn/o")).ExitCode);
        Assert.Equal(1, (await Run("get ais://nnn out --prefix o --yes")).ExitCode);
        Assert.Equal(0, (await Run("cat ais://nnn/o --offset 0 --length 5")).ExitCode);
    }

    [Fact]
    public async Task Objects_are_removed_one_by_one_by_template_and_by_prefix()
    {
        foreach (var name in new[] { "a", "s-00", "s-01", "s-02", "p/1", "p/2", "keep" })
        {
            cluster.Buckets["nnn"][name] = [];
        }

        (await Run("object rm ais://nnn/a")).Prints("deleted \"a\" from ais://nnn");
        (await Run("rmo ais://nnn/s-{00..03} --yes")).Prints("deleted 3 objects from ais://nnn (1 did not exist)");
        Assert.Equal(2, (await Run("object rm ais://nnn --prefix p/")).ExitCode);
        (await Run("object rm ais://nnn --prefix p/ --yes")).Prints("deleted 2 objects from ais://nnn");
        Assert.Equal(["keep"], Names());
        (await Run("object rm ais://nnn --all --yes")).Prints("deleted 1 objects from ais://nnn");
    }

    [Fact]
    public async Task Properties_of_an_object_are_a_table()
    {
        cluster.Buckets["nnn"]["o"] = new byte[2048];
        cluster.IsLying = true;

        (await Run("object show ais://nnn/o")).Prints("""
            PROPERTY   VALUE
            atime      20 Nov 25 21:00 UTC
            checksum   xxhash2[0123456789abcdef]
            chunked    no
            copies     -
            custom     color=red
            location   t[cVnt8082]:mp[/data/1]
            name       ais://nnn/o
            size       2.00KiB
            version    1
            """);
        (await Run("show object ais://nnn/o --props size,version -H")).Prints("size      2.00KiB\nversion   1");
        Assert.Contains("\"size\": 2048", (await Run("show object ais://nnn/o --json")).Out, StringComparison.Ordinal);
    }

    private Task<CliRun> Run(string command) => CliRun.Of(cluster, command, directory: directory);

    private void Write(string path, string text)
    {
        var full = Path.Combine(directory, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
    }

    private string[] Names() => cluster.Buckets["nnn"].Keys.Order(StringComparer.Ordinal).ToArray();
}
