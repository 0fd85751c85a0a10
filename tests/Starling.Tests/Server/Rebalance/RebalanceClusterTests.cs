using System.Net;
using System.Security.Cryptography;
using System.Text;
using Starling.Core.Names;
using Starling.Protocol.State;
using Starling.Server.Hosting;
using Starling.Tests.Cluster;
using Xunit;

namespace Starling.Tests.Server.Rebalance;

#pragma warning disable CA1001 // xunit disposes through IAsyncLifetime.
/// <summary>Real nodes in this process, real disks, real sockets: targets leave, come back, join and crash, and every object stays what it was.</summary>
public sealed class RebalanceClusterTests : IAsyncLifetime
{
    private const int Count = 240;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly TestCluster nodes = new(gateways: 1, targets: 3, LeaseSwitch.HeldAsync);
    private readonly HttpClient http = new(new SocketsHttpHandler { AllowAutoRedirect = true, UseProxy = false });
    private readonly SortedDictionary<string, byte[]> objects = new(StringComparer.Ordinal);

    private NodeHost Gateway => nodes.Running.Single(host => host.Runtime.IsGateway);

    private ClusterState State => Gateway.View.Current.State;

    public async Task InitializeAsync()
    {
        await nodes.StartAllAsync();
        await nodes.WaitForLeaderAsync();
        await SeenAsync(state => state.Newest.Targets.Length == 3, "three targets in");
        await SeenAsync(state => state.KnowsOperations, "operations known");
        using var created = await http.PostAsync($"{Url}/v1/buckets/data", Json("""{"action":"create-bck","name":"","value":null}"""));
        Assert.True(created.IsSuccessStatusCode, await created.Content.ReadAsStringAsync());
        for (var i = 0; i < Count; i++)
        {
            await PutAsync($"dir{i % 5}/object-{i:000}", RandomNumberGenerator.GetBytes(i % 40 == 7 ? 700_000 : 1 + (i * 37)));
        }
    }

    public async Task DisposeAsync()
    {
        http.Dispose();
        await nodes.DisposeAsync();
    }

    [Fact]
    public async Task S25_a_target_goes_to_maintenance_is_switched_off_comes_back_and_a_fourth_one_joins()
    {
        var leaving = NodeId.Parse("target01");
        await DrainAsync(leaving);
        Assert.Equal(AdminState.Out, State.Node(leaving)!.State);
        await nodes.CrashAsync(leaving);
        await CompareAsync("one target is away");

        await nodes.StartAsync(leaving);
        await ActAsync("stop-maintenance", leaving);
        await ConvergedAsync(targets: 3);
        Assert.Contains(objects.Keys, name => OwnerOf(name) == leaving);
        await CompareAsync("it is back");

        var fourth = nodes.Plan("target03", isGateway: false) with { Join = [$"http://{nodes.Plans[0].Control}"] };
        await using var joined = await TestCluster.StartAsync(fourth, LeaseSwitch.HeldAsync);
        await ConvergedAsync(targets: 4);
        Assert.Contains(objects.Keys, name => OwnerOf(name) == fourth.Id);
        await CompareAsync("a fourth one is in");
    }

    [Theory]
    [InlineData("source")]
    [InlineData("destination")]
    public async Task S54_a_target_that_crashes_in_the_middle_of_a_drain_comes_back_and_the_drain_ends(string which)
    {
        var leaving = NodeId.Parse("target01");
        var victim = which == "source" ? leaving : NodeId.Parse("target02");
        await ActAsync("start-maintenance", leaving);
        await SeenAsync(state => state.Node(leaving)!.State == AdminState.Draining, "draining");
        await nodes.CrashAsync(victim);
        await nodes.StartAsync(victim);
        await SeenAsync(state => state.Operations.IsEmpty && state.Node(leaving)!.State == AdminState.Out, "the end of the drain");
        await nodes.CrashAsync(leaving);
        await CompareAsync("after a crash in the middle");
    }

    private string Url => Gateway.Runtime.Addresses.Public.TrimEnd('/');

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    private NodeId OwnerOf(string name) => State.Newest.OwnerOf(ObjectName.Parse(BucketName.Parse(null, null, "data"), name).Digest);

    private async Task DrainAsync(NodeId leaving)
    {
        await ActAsync("start-maintenance", leaving);
        await SeenAsync(state => state.Operations.IsEmpty && state.Node(leaving)!.State == AdminState.Out, "the end of the drain");
    }

    private async Task ActAsync(string action, NodeId node)
    {
        using var answer = await http.PutAsync($"{Url}/v1/cluster", Json($$$"""{"action":"{{{action}}}","name":"","value":{"sids":["{{{node}}}"]}}"""));
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
    }

    private Task ConvergedAsync(int targets) => SeenAsync(state => state.Operations.IsEmpty && state.Newest.Targets.Length == targets && state.IsConverged, $"{targets} targets and everything in its place");

    private async Task SeenAsync(Func<ClusterState, bool> predicate, string what)
    {
        try
        {
            await Gateway.View.WaitForAsync(now => predicate(now.State), what, Patience, CancellationToken.None);
        }
        catch (Starling.Core.Errors.StoreException late)
        {
            var state = State;
            using var answer = await http.GetAsync($"{Url}/v1/rebalance");
            Assert.Fail(await answer.Content.ReadAsStringAsync() + $"{late.Message}; {string.Join("; ", state.Operations.Values)}; {string.Join("; ", state.Nodes.Values.Select(node => $"{node.Id} {node.State} fenced {node.Fenced} clean {node.Clean}"))}");
        }
    }

    private async Task PutAsync(string name, byte[] body)
    {
        using var put = await http.PutAsync($"{Url}/v1/objects/data/{name}", new ByteArrayContent(body));
        Assert.True(put.IsSuccessStatusCode, await put.Content.ReadAsStringAsync());
        objects[name] = body;
    }

    private async Task CompareAsync(string when)
    {
        foreach (var (name, body) in objects)
        {
            using var answer = await http.GetAsync($"{Url}/v1/objects/data/{name}");
            Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{when}: {name}: {answer.StatusCode} {await answer.Content.ReadAsStringAsync()}");
            Assert.True((await answer.Content.ReadAsByteArrayAsync()).AsSpan().SequenceEqual(body), $"{when}: {name} is another one");
        }
    }
}
