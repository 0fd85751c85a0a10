using Starling.Server.Options;
using Starling.Tests.Cluster;
using Xunit;

namespace Starling.Tests.Server.Hosting;

public sealed class NodeOptionsTests : IDisposable
{
    private readonly TestDirectory directory = new();
    private readonly Dictionary<string, string> environment = [];
    private readonly SettingValues given = new();

    public NodeOptionsTests() => File.WriteAllText(directory.Sub("secret"), "0123456789abcdef\n");

    public void Dispose() => directory.Dispose();

    [Fact]
    public void A_gateway_needs_role_data_listeners_and_secret_and_each_missing_one_is_named()
    {
        var problems = Problems();
        foreach (var name in new[] { "--role", "--data", "--public", "--control", "--data-net", "--secret-file" })
        {
            Assert.Contains(problems, problem => problem.StartsWith(name + " is required", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void The_command_line_wins_over_the_environment_and_the_environment_over_the_file()
    {
        var file = directory.Sub("node.json");
        File.WriteAllText(file, """{ "role": "gateway", "data": "/file", "public": "127.0.0.1:1", "control": "127.0.0.1:2", "data-net": "127.0.0.1:3", "join": ["http://a:1", "b:2"], "non-electable": true }""");
        environment["STARLING_DATA"] = "/environment";
        environment["AIS_PUBLIC"] = "127.0.0.1:11";
        Give("public", "[::1]:12");
        Give("secret-file", directory.Sub("secret"));
        var options = NodeOptionsReader.Read(given, file, environment.GetValueOrDefault, out var problems);
        Assert.Empty(problems);
        Assert.Equal("/environment", options!.DataDirectory);
        Assert.Equal(new ListenAddress("::1", 12), options.Public);
        Assert.Equal(2, options.Control.Port);
        Assert.Equal(["http://a:1", "http://b:2"], options.Join);
        Assert.False(options.IsElectable);
        Assert.Equal("0123456789abcdef", options.Secret);
    }

    [Fact]
    public void The_place_to_ask_of_other_tools_is_a_place_to_ask()
    {
        Complete("gateway");
        environment["AIS_PRIMARY_EP"] = "http://10.0.0.1:8080";
        Assert.Equal(["http://10.0.0.1:8080"], Read()!.Join);
    }

    [Theory]
    [InlineData("role", "primary", "--role must be gateway or target")]
    [InlineData("id", "x", "--id invalid node ID")]
    [InlineData("public", "8080", "--public \"8080\" is not host:port")]
    [InlineData("public", "::1:8080", "--public \"::1:8080\": write an IPv6 address in brackets")]
    [InlineData("public", "example.org:80", "--public \"example.org:80\": a listener is bound to an IP address")]
    [InlineData("control", "127.0.0.1:70000", "--control \"127.0.0.1:70000\" is not host:port")]
    [InlineData("bootstrap-expect", "0", "--bootstrap-expect must be a number between 1 and 99")]
    [InlineData("bootstrap-expect", "3", "--bootstrap-expect is 3, but no --join names another founder")]
    [InlineData("mountpath", "/x", "--mountpath is for targets")]
    [InlineData("join", "ftp://x", "--join \"ftp://x\" is not a URL")]
    [InlineData("log-level", "loud", "--log-level must be")]
    [InlineData("stop-timeout", "-1", "--stop-timeout must be between")]
    [InlineData("certificate", "/nowhere.pem", "--certificate names /nowhere.pem, which does not exist")]
    public void A_wrong_value_is_answered_with_its_name_and_the_remedy(string name, string value, string expected)
    {
        Give(name, value);
        Complete("gateway");
        Assert.Contains(Problems(), problem => problem.StartsWith(expected, StringComparison.Ordinal));
    }

    [Fact]
    public void Two_networks_on_one_port_are_refused()
    {
        Give("control", "127.0.0.1:8080");
        Give("public", "127.0.0.1:8080");
        Complete("gateway");
        Assert.Contains(Problems(), problem => problem.Contains("each of the three networks has a port of its own", StringComparison.Ordinal));
    }

    [Fact]
    public void A_target_needs_a_mountpath_and_never_bootstraps()
    {
        Give("bootstrap-expect", "1");
        Complete("target");
        var problems = Problems();
        Assert.Contains(problems, problem => problem.StartsWith("--mountpath is required for a target", StringComparison.Ordinal));
        Assert.Contains(problems, problem => problem.StartsWith("--bootstrap-expect is for gateways", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("{ \"rolle\": 1 }", "unknown setting \"rolle\"")]
    [InlineData("{ \"role\": ", "not valid JSON")]
    [InlineData("[]", "must hold a JSON object")]
    [InlineData("{ \"join\": { } }", "must be a list of strings")]
    public void A_wrong_file_is_answered_with_its_path_and_what_is_wrong(string text, string expected)
    {
        var file = directory.Sub("node.json");
        File.WriteAllText(file, text);
        Assert.Null(NodeOptionsReader.Read(given, file, environment.GetValueOrDefault, out var problems));
        Assert.Contains(problems, problem => problem.Contains(file, StringComparison.Ordinal) && problem.Contains(expected, StringComparison.Ordinal));
    }

    [Fact]
    public void A_short_secret_is_refused_without_showing_it()
    {
        File.WriteAllText(directory.Sub("secret"), "hunter2");
        Complete("gateway");
        var problem = Assert.Single(Problems());
        Assert.Contains("16 to 256 printable", problem, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", problem, StringComparison.Ordinal);
    }

    private void Complete(string role)
    {
        Give("role", role);
        Give("data", directory.Sub("data"));
        Give("public", "127.0.0.1:0");
        Give("control", "127.0.0.1:0");
        Give("data-net", "127.0.0.1:0");
        Give("secret-file", directory.Sub("secret"));
    }

    private void Give(string name, string value) => given.Add(name, [value], "--" + name);

    private NodeOptions? Read() => NodeOptionsReader.Read(given, null, environment.GetValueOrDefault, out _);

    private IReadOnlyList<string> Problems()
    {
        Assert.Null(NodeOptionsReader.Read(given, null, environment.GetValueOrDefault, out var problems));
        return problems;
    }
}
