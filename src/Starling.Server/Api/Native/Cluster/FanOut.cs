using System.Globalization;
using System.Text.Json;
using Starling.Cluster.Peers;
using Starling.Core.Errors;
using Starling.Core.Names;
using Starling.Protocol.State;

namespace Starling.Server.Api.Native.Cluster;

/// <summary>Asks several nodes the same thing on the control network.</summary>
internal static class FanOut
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    /// <summary>The JSON answers of the chosen nodes; those that answer 404 are left out.</summary>
    /// <exception cref="StoreException">A node does not answer, or answers with an error: its name is in the message.</exception>
    public static async Task<IReadOnlyList<(NodeId Node, byte[] Json)>> GetAsync(ApiCall call, string query, Func<NodeEntry, bool> chosen)
    {
        var nodes = call.Services.Snapshot.State.Nodes.Values.Where(chosen);
        var answers = await Task.WhenAll(nodes.Select(node => AskAsync(call, node.Id, HttpMethod.Get, $"/v1/daemon?{query}", null)));
        return [.. answers.Where(answer => answer.Json is not null).Select(answer => (answer.Node, answer.Json!))];
    }

    /// <summary>Sends an action message to every member.</summary>
    public static Task PutAllAsync(ApiCall call, ReadOnlyMemory<byte> body, string query = "") =>
        Task.WhenAll(call.Services.Snapshot.State.Nodes.Values.Select(node => AskAsync(call, node.Id, HttpMethod.Put, "/v1/daemon" + query, body)));

    /// <summary>Writes answers as one object, by node id.</summary>
    public static void Write(Utf8JsonWriter json, string name, IReadOnlyList<(NodeId Node, byte[] Json)> answers)
    {
        json.WriteStartObject(name);
        foreach (var (node, answer) in answers)
        {
            json.WritePropertyName(node.Value);
            json.WriteRawValue(answer);
        }

        json.WriteEndObject();
    }

    private static async Task<(NodeId Node, byte[]? Json)> AskAsync(ApiCall call, NodeId node, HttpMethod method, string path, ReadOnlyMemory<byte>? body)
    {
        using var answer = await call.Services.Runtime.Peers.SendAsync(new PeerRequest
        {
            Node = node,
            Network = PeerNetwork.Control,
            Method = method,
            PathAndQuery = path,
            Content = body is { } bytes ? new ReadOnlyMemoryContent(bytes) : null,
            RequestId = call.RequestId,
            HeadersTimeout = Timeout,
        }, call.Cancelled);
        if (answer.IsSuccessStatusCode)
        {
            return (node, await answer.Content.ReadAsByteArrayAsync(call.Cancelled));
        }

        return answer.StatusCode == System.Net.HttpStatusCode.NotFound
            ? (node, null)
            : throw new StoreException(ErrorCode.Unreachable, $"node {node} answered {path} with status {((int)answer.StatusCode).ToString(CultureInfo.InvariantCulture)}");
    }
}
