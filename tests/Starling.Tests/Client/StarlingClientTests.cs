using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Starling.Client;
using Starling.Client.Buckets;
using Starling.Core.Names;
using Xunit;

namespace Starling.Tests.Client;

public sealed class StarlingClientTests
{
    private static readonly BucketName Bucket = BucketName.Parse(null, null, "nnn");

    [Fact]
    public async Task A_refused_gateway_is_left_for_the_next_one_and_not_asked_again()
    {
        await using var node = await FakeNode.StartAsync((context, _) => context.JsonAsync("[]"));
        var events = new ConcurrentQueue<ClientEvent>();
        using var client = ClientOf(events, RefusingUrl(), node.Url);

        Assert.Empty(await client.Buckets.ListAsync());
        Assert.Empty(await client.Buckets.ListAsync());

        Assert.Equal(ClientEventKind.Refused, Assert.Single(events).Kind);
        Assert.Equal(2, node.Requests.Count);
        Assert.Equal(new Uri(node.Url), client.Endpoint);
    }

    [Fact]
    public async Task When_every_gateway_refuses_the_exception_names_them_all_and_nothing_was_sent()
    {
        var (one, two) = (RefusingUrl(), RefusingUrl());
        using var client = ClientOf(null, one, two);

        var error = await Assert.ThrowsAsync<UnreachableException>(() => client.Buckets.ListAsync());

        Assert.Equal($"{one},{two}", error.Endpoint);
        Assert.False(error.OutcomeUnknown);
        Assert.True(error.IsGateway);
    }

    [Fact]
    public async Task A_budget_waits_for_a_target_that_is_away_but_for_gateways_only_when_asked()
    {
        var targetUrl = RefusingUrl();
        var redirects = 0;
        await using var gateway = await FakeNode.StartAsync((context, seen) =>
        {
            if (++redirects == 3)
            {
                return Task.CompletedTask;
            }

            context.Response.Headers.Location = targetUrl + seen.Path + seen.Query;
            return context.StatusAsync(307);
        });
        using var patient = new StarlingClient(OptionsOf(null, gateway.Url) with { UnavailableBudget = TimeSpan.FromSeconds(30) });
        await patient.Objects.DeleteAsync(Bucket, "x");
        Assert.Equal(3, redirects);

        using var alone = new StarlingClient(OptionsOf(null, RefusingUrl()) with { UnavailableBudget = TimeSpan.FromDays(1), ControlTimeout = TimeSpan.FromDays(1) });
        var error = await Assert.ThrowsAsync<UnreachableException>(() => alone.Buckets.ListAsync()).WaitAsync(TimeSpan.FromSeconds(30));
        Assert.True(error.IsGateway);
    }

    [Fact]
    public async Task A_node_that_takes_no_connections_is_unreachable_and_not_a_cancellation()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(0);
        var full = (IPEndPoint)listener.LocalEndPoint!;
        using var first = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await first.ConnectAsync(full);
        var events = new ConcurrentQueue<ClientEvent>();
        using var client = new StarlingClient(OptionsOf(events, $"http://{full}") with { ConnectTimeout = TimeSpan.FromMilliseconds(100) });

        var error = await Assert.ThrowsAsync<UnreachableException>(() => client.Buckets.ListAsync());

        Assert.Equal($"{full}: no connection within 0.1s", error.Message);
        Assert.False(error.OutcomeUnknown);
        Assert.Equal(ClientEventKind.Refused, Assert.Single(events).Kind);
    }

    [Fact]
    public async Task A_connection_that_breaks_in_flight_leaves_a_write_in_doubt_and_repeats_a_read()
    {
        var calls = 0;
        await using var node = await FakeNode.StartAsync((context, _) =>
        {
            if (Interlocked.Increment(ref calls) != 3)
            {
                context.Abort();
            }

            return Task.CompletedTask;
        });
        var events = new ConcurrentQueue<ClientEvent>();
        using var client = ClientOf(events, node.Url, node.Url);

        var error = await Assert.ThrowsAsync<UnreachableException>(() => client.Objects.DeleteAsync(Bucket, "x"));
        Assert.True(error.OutcomeUnknown);
        Assert.Equal(1, calls);

        await client.Objects.HeadAsync(Bucket, "x");
        Assert.Equal(3, calls);
        Assert.All(events, seen => Assert.Equal(ClientEventKind.Cut, seen.Kind));
    }

    [Theory]
    [InlineData(5)]
    [InlineData(300_000)]
    public async Task A_put_follows_307_with_a_fresh_body_and_a_get_follows_301(int size)
    {
        var stored = Array.Empty<byte>();
        await using var target = await FakeNode.StartAsync((context, seen) =>
        {
            if (seen.Method == "PUT")
            {
                stored = seen.Body;
                context.Response.Headers["Ais-Version"] = "1";
                return Task.CompletedTask;
            }

            return context.Response.Body.WriteAsync(stored).AsTask();
        });
        await using var gateway = await FakeNode.StartAsync(
            (context, seen) =>
            {
                context.Response.Headers.Location = target.Url + seen.Path + seen.Query + "&pid=p1&utm=1";
                return context.StatusAsync(seen.Method == "GET" ? 301 : 307);
            },
            readBodies: false);
        using var client = ClientOf(null, gateway.Url);
        var bytes = Enumerable.Range(0, size).Select(i => (byte)i).ToArray();
        var opened = 0;

        var properties = await client.Objects.PutAsync(Bucket, "a b/c%d", () => new CountingStream(bytes, () => opened++), size);
        await using var body = await client.Objects.GetAsync(Bucket, "a b/c%d");
        using var read = new MemoryStream();
        await body.Stream.CopyToAsync(read);

        Assert.Equal("1", properties.Version);
        Assert.Equal(bytes, read.ToArray());
        Assert.Equal(2, opened);
        Assert.All(target.Requests, seen => Assert.Equal("/v1/objects/nnn/a%20b/c%25d", seen.Path));
        Assert.All(target.Requests, seen => Assert.Equal("?provider=ais&pid=p1&utm=1", seen.Query));
        if (size > 32 * 1024)
        {
            Assert.Empty(gateway.Requests.First().Body);
        }
    }

    [Fact]
    public async Task An_error_body_becomes_an_exception_with_status_type_message_and_node()
    {
        await using var node = await FakeNode.StartAsync((context, _) => context.ErrorAsync(404, "ErrBckNotFound", "bucket ais://nnn does not exist"));
        using var client = ClientOf(null, node.Url);

        var error = await Assert.ThrowsAsync<ApiException>(() => client.Buckets.DestroyAsync(Bucket));

        Assert.Equal((404, "ErrBckNotFound", "bucket ais://nnn does not exist", "p[fakeNode]"), (error.Status, error.TypeCode, error.Message, error.Node));
    }

    [Fact]
    public async Task The_error_of_a_HEAD_is_read_from_its_header()
    {
        await using var node = await FakeNode.StartAsync((context, _) =>
        {
            context.Response.Headers["Hdr-Error"] = """{"message":"ais://nnn/x does not exist","status":404}""";
            return context.StatusAsync(404);
        });
        using var client = ClientOf(null, node.Url);

        var error = await Assert.ThrowsAsync<ApiException>(() => client.Objects.HeadAsync(Bucket, "x"));

        Assert.Equal("ais://nnn/x does not exist", error.Message);
        Assert.True(error.IsNotFound);
    }

    [Fact]
    public async Task A_503_with_an_empty_body_is_asked_again_as_often_as_configured()
    {
        var answers = 0;
        await using var node = await FakeNode.StartAsync((context, _) => ++answers <= 3 ? context.StatusAsync(503) : context.JsonAsync("[]"));
        var events = new ConcurrentQueue<ClientEvent>();
        using var client = ClientOf(events, node.Url);

        Assert.Empty(await client.Buckets.ListAsync());
        Assert.Equal([1, 2, 3], events.Select(seen => seen.Attempt));
        Assert.All(events, seen => Assert.Equal(ClientEventKind.Starting, seen.Kind));

        answers = -1000;
        var error = await Assert.ThrowsAsync<ApiException>(() => client.Buckets.ListAsync());
        Assert.True(error.IsStarting);
        Assert.Equal(4 + 9, node.Requests.Count);
    }

    [Fact]
    public async Task A_503_with_Retry_After_is_thrown_without_a_budget_and_repeated_within_one()
    {
        var answers = 0;
        await using var node = await FakeNode.StartAsync((context, _) =>
        {
            if (++answers == 2)
            {
                return Task.CompletedTask;
            }

            context.Response.Headers.RetryAfter = "0";
            return context.ErrorAsync(503, "ErrUnavailable", "t[x] is not available");
        });
        var events = new ConcurrentQueue<ClientEvent>();
        using var impatient = ClientOf(events, node.Url);
        var error = await Assert.ThrowsAsync<ApiException>(() => impatient.Objects.DeleteAsync(Bucket, "x"));
        Assert.Equal(TimeSpan.Zero, error.RetryAfter);

        answers = 0;
        using var patient = new StarlingClient(OptionsOf(events, node.Url) with { UnavailableBudget = TimeSpan.FromSeconds(30) });
        await patient.Objects.DeleteAsync(Bucket, "x");
        Assert.Equal(ClientEventKind.Waited, Assert.Single(events).Kind);
    }

    [Fact]
    public async Task A_node_that_does_not_answer_ends_in_a_timeout_that_says_what_was_waited_for()
    {
        await using var node = await FakeNode.StartAsync((context, _) => Task.Delay(Timeout.Infinite, context.RequestAborted));
        using var client = new StarlingClient(OptionsOf(null, node.Url) with { ControlTimeout = TimeSpan.FromMilliseconds(100) });

        var error = await Assert.ThrowsAsync<TimeoutException>(() => client.Buckets.ListAsync());

        Assert.Contains("GET /v1/buckets", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_that_ends_early_is_an_error_and_not_a_short_object()
    {
        var received = new TaskCompletionSource();
        await using var node = await FakeNode.StartAsync(async (context, _) =>
        {
            context.Response.ContentLength = 100;
            await context.Response.WriteAsync("short");
            await context.Response.Body.FlushAsync();
            await received.Task.WaitAsync(TimeSpan.FromSeconds(30));
            context.Abort();
        });
        using var client = ClientOf(null, node.Url);

        await using var body = await client.Objects.GetAsync(Bucket, "x");
        received.SetResult();
        await Assert.ThrowsAsync<UnreachableException>(() => body.Stream.CopyToAsync(Stream.Null));
    }

    [Fact]
    public async Task Pages_follow_the_token_to_the_end_in_JSON_and_in_msgpack_alike()
    {
        var golden = Convert.FromHexString("84a455554944a3616263b1436f6e74696e756174696f6e546f6b656ea0a7456e74726965739183a16ea161a17305a16640a5466c61677300");
        await using var node = await FakeNode.StartAsync((context, seen) =>
        {
            Assert.Equal("application/msgpack", seen.Headers.Accept);
            if (seen.Text.Contains("\"continuation_token\":\"\"", StringComparison.Ordinal))
            {
                return context.JsonAsync("""{"uuid":"abc","continuation_token":"0","entries":[{"name":"0","size":"7","flags":64}],"flags":0}""");
            }

            Assert.Contains("\"uuid\":\"abc\"", seen.Text, StringComparison.Ordinal);
            context.Response.ContentType = "application/msgpack";
            return context.Response.Body.WriteAsync(golden).AsTask();
        });
        using var client = ClientOf(null, node.Url);
        var names = new List<ListedObject>();

        await foreach (var page in client.Buckets.ListPagesAsync(Bucket, new ListOptions()))
        {
            names.AddRange(page.Entries);
        }

        Assert.Equal([("0", 7L), ("a", 5L)], names.Select(entry => (entry.Name, entry.SizeBytes)));
    }

    [Theory]
    [InlineData("81")]
    [InlineData("81a7456e7472696573ddffffffff")]
    [InlineData("81a7456e74726965739181a16e05")]
    [InlineData("c1")]
    public async Task A_damaged_page_is_an_error_that_says_so(string hex)
    {
        await using var node = await FakeNode.StartAsync((context, _) =>
        {
            context.Response.ContentType = "application/msgpack";
            return context.Response.Body.WriteAsync(Convert.FromHexString(hex)).AsTask();
        });
        using var client = ClientOf(null, node.Url);

        var error = await Assert.ThrowsAsync<ApiException>(() => client.Buckets.ListPageAsync(Bucket, new ListOptions()));

        Assert.Contains("is not what was expected", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_summary_is_asked_for_until_it_is_ready()
    {
        var answers = 0;
        await using var node = await FakeNode.StartAsync((context, seen) =>
        {
            switch (++answers)
            {
                case 1:
                    context.Response.StatusCode = 202;
                    return context.Response.WriteAsync("xAbCdEfGh1");
                case 2:
                    Assert.Contains("xAbCdEfGh1", seen.Text, StringComparison.Ordinal);
                    return context.JsonAsync("[]", 202);
                default:
                    return context.JsonAsync("""
                        [{"name":"nnn","provider":"ais","namespace":{"uuid":"","name":""},"ObjCount":{"obj_count_present":"10","obj_count_remote":"0"},
                        "TotalSize":{"size_on_disk":"4096","size_all_present_objs":"50"},"used_pct":1,"is_present":true}]
                        """);
            }
        });
        using var client = ClientOf(null, node.Url);

        Assert.Equal(new BucketSummary("ais://nnn", 10, 50, 4096, 1), await client.Buckets.SummarizeAsync(Bucket));
        Assert.Equal(3, answers);
    }

    [Theory]
    [InlineData("localhost:8080, http://b:1/", "http://localhost:8080/ http://b:1/")]
    [InlineData("https://x", "https://x/")]
    public void Endpoints_are_parsed_from_a_comma_separated_list(string text, string expected) =>
        Assert.Equal(expected, string.Join(' ', StarlingClientOptions.ParseEndpoints(text)));

    [Theory]
    [InlineData("")]
    [InlineData("ftp://x")]
    [InlineData("http://")]
    public void A_bad_endpoint_is_refused_with_an_example(string text) =>
        Assert.Contains("http://localhost:8080", Assert.Throws<FormatException>(() => StarlingClientOptions.ParseEndpoints(text)).Message, StringComparison.Ordinal);

    internal static StarlingClientOptions OptionsOf(ConcurrentQueue<ClientEvent>? events, params string[] urls) => new()
    {
        Endpoints = urls.Select(url => new Uri(url)).ToArray(),
        StartingRetryDelay = TimeSpan.Zero,
        OnEvent = events is null ? null : events.Enqueue,
        ControlTimeout = TimeSpan.FromSeconds(30),
    };

    internal static string RefusingUrl()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";
    }

    private static StarlingClient ClientOf(ConcurrentQueue<ClientEvent>? events, params string[] urls) => new(OptionsOf(events, urls));

    private sealed class CountingStream : MemoryStream
    {
        public CountingStream(byte[] bytes, Action opened)
            : base(bytes, writable: false) => opened();
    }
}
