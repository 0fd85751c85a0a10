using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Microsoft.Extensions.Logging;
using Starling.Cluster.Codec;
using Starling.Cluster.Views;
using Starling.Core.Names;
using Starling.Protocol.Codec;
using Starling.Protocol.Node;

namespace Starling.Cluster.Peers;

/// <summary>
/// Carries control messages: one queue and one sender per address, requests over kept connections, each with all messages that wait. Failures are told
/// to the core, which tries another way.
/// </summary>
internal sealed class PeerTransport : IMessageSender, IAsyncDisposable
{
    /// <summary>Path of control messages, on the control listener.</summary>
    public const string MessagePath = "/intra/v1/messages";

    /// <summary>Path that answers with the node's id, on the control and data listeners.</summary>
    public const string WhoPath = "/intra/v1/who";

    /// <summary>Largest request of control messages, bytes.</summary>
    public const int MaxRequestBytes = 64 << 20;

    private const int MaxAddresses = 4096;
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan ProbeWithin = TimeSpan.FromMilliseconds(1900);
    private static readonly TimeSpan IdleAfter = TimeSpan.FromSeconds(60);

    private readonly HttpMessageInvoker http = new(PeerClient.NewHandler(2));
    private readonly IClusterView view;
    private readonly string secret;
    private readonly ILogger log;
    private readonly Lock gate = new();
    private readonly Dictionary<string, (PeerQueue Queue, Task Sending)> peers = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource ending = new();
    private readonly SortedDictionary<string, string> complaints = new(StringComparer.Ordinal);
    private Action<string, Envelope>? failed;
    private Action<Envelope>? answered;

    public PeerTransport(IClusterView view, string secret, ILogger log)
    {
        this.view = view;
        this.secret = secret;
        this.log = log;
    }

    /// <summary>Names who hears of messages that could not be delivered; once, before the first message.</summary>
    public void OnFailed(Action<string, Envelope> handler) => failed = handler;

    /// <summary>Names who takes the answers that came back with a request; once, before the first message.</summary>
    public void OnAnswered(Action<Envelope> handler) => answered = handler;

    public void Send(string address, Envelope envelope)
    {
        lock (gate)
        {
            if (ending.IsCancellationRequested || peers.Count >= MaxAddresses)
            {
                return;
            }

            if (!peers.TryGetValue(address, out var peer))
            {
                var queue = new PeerQueue();
                peer = (queue, SendAllAsync(address, queue));
                peers.Add(address, peer);
            }

            peer.Queue.Add(envelope);
        }
    }

    public async Task<bool> ProbeDataAsync(NodeId node, string address, CancellationToken cancellationToken)
    {
        if (!PeerAddress.TryParse(address, out var url))
        {
            return false;
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, ending.Token);
        deadline.CancelAfter(ProbeWithin);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(url, WhoPath));
            PeerClient.Mark(request, view.Current, secret);
            using var response = await http.SendAsync(request, deadline.Token);
            return response.StatusCode == HttpStatusCode.OK && await response.Content.ReadAsStringAsync(deadline.Token) == node.Value;
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException or IOException)
        {
            // Not reachable: that is the answer.
            return false;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        Task[] sending;
        lock (gate)
        {
            sending = [.. peers.Values.Select(peer => peer.Sending)];
        }

        await Task.WhenAll(sending);
        http.Dispose();
        ending.Dispose();
    }

    private async Task SendAllAsync(string address, PeerQueue queue)
    {
        await Task.Yield();
        try
        {
            while (true)
            {
                var envelopes = await queue.TakeAsync(IdleAfter, ending.Token);
                if (envelopes.Count > 0)
                {
                    await SendOneRequestAsync(address, envelopes);
                }
                else if (Retire(address, queue))
                {
                    return;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The node stops.
        }
    }

    private bool Retire(string address, PeerQueue queue)
    {
        lock (gate)
        {
            return queue.Count == 0 && peers.Remove(address);
        }
    }

    private async Task SendOneRequestAsync(string address, List<Envelope> envelopes)
    {
        if (await TryPostAsync(address, envelopes) is { } problem)
        {
            Complain(address, problem);
            foreach (var envelope in envelopes)
            {
                failed?.Invoke(address, envelope);
            }
        }
        else
        {
            Praise(address);
        }
    }

    /// <summary>Null when the messages were delivered; else why not.</summary>
    private async Task<string?> TryPostAsync(string address, List<Envelope> envelopes)
    {
        if (!PeerAddress.TryParse(address, out var url))
        {
            return "this is not an address";
        }

        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(ending.Token);
        deadline.CancelAfter(AnswerWithin);
        try
        {
            using var content = new ByteArrayContent(EnvelopeCodec.Encode(envelopes));
            content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(url, MessagePath)) { Content = content };
            PeerClient.Mark(request, view.Current, secret);
            using var response = await http.SendAsync(request, deadline.Token);
            if (response.StatusCode == HttpStatusCode.OK)
            {
                return TakeAnswers(await response.Content.ReadAsByteArrayAsync(deadline.Token));
            }

            return response.StatusCode == HttpStatusCode.NoContent ? null : await ReadRefusalAsync(response, deadline.Token);
        }
        catch (CodecException error)
        {
            return $"its answer is malformed: {error.Message}";
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            return error.InnerException?.Message ?? error.Message;
        }
        catch (OperationCanceledException) when (!ending.IsCancellationRequested)
        {
            return string.Create(CultureInfo.InvariantCulture, $"no answer within {AnswerWithin.TotalSeconds:0.#} s");
        }
    }

    private string? TakeAnswers(byte[] body)
    {
        var mine = view.Current.ClusterId;
        foreach (var envelope in EnvelopeCodec.Decode(body))
        {
            if (mine.Length > 0 && envelope.ClusterId.Length > 0 && envelope.ClusterId != mine)
            {
                return $"it answers as a member of cluster {envelope.ClusterId}";
            }

            answered?.Invoke(envelope);
        }

        return null;
    }

    private static async Task<string> ReadRefusalAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var text = await response.Content.ReadAsStringAsync(cancellationToken);
        return string.Create(CultureInfo.InvariantCulture, $"{(int)response.StatusCode} {(text.Length > 300 ? text[..300] : text).ReplaceLineEndings(" ")}");
    }

    /// <summary>Says what is wrong with an address once, until it changes.</summary>
    private void Complain(string address, string problem)
    {
        lock (gate)
        {
            if (complaints.TryGetValue(address, out var last) && last == problem)
            {
                return;
            }

            if (complaints.Count >= MaxAddresses)
            {
                complaints.Clear();
            }

            complaints[address] = problem;
        }

        log.LogWarning("control messages do not reach {Address}: {Problem}", address, problem);
    }

    private void Praise(string address)
    {
        bool again;
        lock (gate)
        {
            again = complaints.Remove(address);
        }

        if (again)
        {
            log.LogInformation("control messages reach {Address} again", address);
        }
    }
}
