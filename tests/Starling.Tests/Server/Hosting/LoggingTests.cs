using System.Text.Json;
using Microsoft.Extensions.Logging;
using Starling.Server.Logging;
using Starling.Tests.Cluster;
using Xunit;

namespace Starling.Tests.Server.Hosting;

public sealed class LoggingTests : IDisposable
{
    private readonly TestDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task Every_line_of_the_file_is_one_json_object_with_the_fields_of_message_and_scope()
    {
        var path = directory.Sub("node.log");
        var console = new StringWriter();
        await using (var sink = new LogSink(new RotatingFile(path, 1 << 20, 2), console, "gateway01"))
        {
            using var loggers = LoggerFactory.Create(builder => builder.SetMinimumLevel(LogLevel.Information).AddProvider(new NodeLoggerProvider(sink, LogLevel.Information)));
            var log = loggers.CreateLogger("Starling.Some.Place");
            using (log.BeginScope(new Dictionary<string, object?> { ["RequestId"] = "r-1" }))
            {
                log.LogWarning(new InvalidOperationException("boom"), "bucket {Bucket} has a \"line\"\nbreak", "demo");
            }

            log.LogDebug("not shown");
        }

        using var line = JsonDocument.Parse(Assert.Single(await File.ReadAllLinesAsync(path)));
        string Text(string name) => line.RootElement.GetProperty(name).GetString()!;
        Assert.Equal(("warning", "gateway01", "Place", "demo", "r-1"), (Text("level"), Text("node"), Text("from"), Text("Bucket"), Text("RequestId")));
        Assert.Equal("bucket demo has a \"line\"\nbreak", Text("message"));
        Assert.Contains("boom", Text("error"), StringComparison.Ordinal);
        Assert.Contains(" W Place: bucket demo has a \"line\" break", console.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_full_file_becomes_number_one_and_only_so_many_are_kept()
    {
        var path = directory.Sub("node.log");
        using (var file = new RotatingFile(path, maxBytes: 100, keep: 2))
        {
            for (var i = 0; i < 8; i++)
            {
                file.Write(System.Text.Encoding.UTF8.GetBytes($"{i}:{new string('x', 57)}\n"));
            }
        }

        Assert.Equal(["node.log", "node.log.1", "node.log.2"], Directory.GetFiles(directory.Root).Select(Path.GetFileName).Order());
        Assert.StartsWith("7:", File.ReadAllText(path), StringComparison.Ordinal);
        Assert.StartsWith("6:", File.ReadAllText(path + ".1"), StringComparison.Ordinal);
        Assert.StartsWith("5:", File.ReadAllText(path + ".2"), StringComparison.Ordinal);
    }
}
