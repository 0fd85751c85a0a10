using Starling.Server.Hosting;
using Starling.Server.Options;
using Starling.Tests.Cluster;
using Xunit;

namespace Starling.Tests.Server.Hosting;

public sealed class NodeProgramTests
{
    [Theory]
    [InlineData("--rolle gateway", "--rolle")]
    [InlineData("--role gateway", "--data is required")]
    [InlineData("--role gateway --config /nowhere/node.json", "--config names /nowhere/node.json, which cannot be read")]
    public async Task What_is_wrong_with_the_command_line_is_named_and_ends_with_two(string line, string expected)
    {
        var errors = new StringWriter();
        Assert.Equal(2, await NodeProgram.RunAsync(line.Split(' '), TextWriter.Null, errors, BareApi.CreateAsync));
        Assert.Contains(expected, errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_data_directory_that_is_a_file_is_named_and_ends_with_two()
    {
        using var directory = new TestDirectory();
        await File.WriteAllTextAsync(directory.Sub("secret"), "0123456789abcdef");
        var errors = new StringWriter();
        string[] arguments =
        [
            "--role", "gateway", "--id", "gateway01", "--data", directory.Sub("secret"), "--public", "127.0.0.1:0", "--control", "127.0.0.1:0", "--data-net", "127.0.0.1:0",
            "--secret-file", directory.Sub("secret"),
        ];
        Assert.Equal(2, await NodeProgram.RunAsync(arguments, TextWriter.Null, errors, BareApi.CreateAsync));
        Assert.Contains($"{directory.Sub("secret")} is not a directory", errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_names_every_setting()
    {
        var output = new StringWriter();
        Assert.Equal(0, await NodeProgram.RunAsync(["--help"], output, TextWriter.Null, BareApi.CreateAsync));
        Assert.All(NodeSetting.All, setting => Assert.Contains("--" + setting.Name, output.ToString(), StringComparison.Ordinal));
    }
}
