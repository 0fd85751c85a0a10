using Starling.Core.Errors;
using Starling.Server.Api;
using Starling.Server.Api.Native;
using Starling.Server.Api.Native.Buckets;
using Starling.Server.Metrics;
using Xunit;

namespace Starling.Tests.Server.Api;

/// <summary>What the facade decides by itself, without a node.</summary>
public sealed class ErrorTableTests
{
    [Fact]
    public void Every_failure_has_its_status_and_type()
    {
        var lines = Enum.GetValues<ErrorCode>().Select(code => (code, wire: ErrorTable.Map(code))).Select(one => $"{one.code} {one.wire.Status} {one.wire.TypeCode ?? "-"} {(one.wire.MayRetry ? "retry" : "-")}");
        Assert.Equal(
            """
            Invalid 400 - -
            BucketNotFound 404 ErrBckNotFound -
            ObjectNotFound 404 - -
            NodeNotFound 404 errNodeNotFound -
            JobNotFound 404 ErrXactNotFound -
            NotFound 404 ErrNotFound -
            BucketExists 409 ErrBucketAlreadyExists -
            AccessDenied 403 ErrBucketAccessDenied -
            NotOwner 503 - retry
            Stale 503 - retry
            Unavailable 503 - retry
            Unreachable 503 - retry
            UnknownOutcome 503 - retry
            Busy 409 ErrBusy -
            PreconditionFailed 412 - -
            Conflict 409 ErrBusy -
            RangeNotSatisfiable 416 ErrRangeNotSatisfiable -
            ChecksumMismatch 500 ErrBadCksum -
            OutOfSpace 507 ErrCapExceeded -
            DiskFailure 500 - -
            Corrupt 500 - -
            TooLarge 413 - -
            Unsupported 501 ErrUnsupp -
            Internal 500 - -
            """.ReplaceLineEndings("\n"),
            string.Join('\n', lines));
    }

    [Fact]
    public void Unreachable_is_never_not_found()
    {
        foreach (var code in (ErrorCode[])[ErrorCode.Unreachable, ErrorCode.Unavailable, ErrorCode.NotOwner, ErrorCode.Stale, ErrorCode.UnknownOutcome, ErrorCode.DiskFailure, ErrorCode.Corrupt])
        {
            Assert.NotEqual(404, ErrorTable.Map(code).Status);
        }
    }

    [Fact]
    public void Every_route_is_offered_on_the_networks_and_with_the_privilege_that_the_inventory_says()
    {
        var lines = NativeRoutes.Table.All.Select(route => $"{route.Method} /{route.Pattern} [{route.Roles}] {route.Listeners} {route.Privilege}").Order(StringComparer.Ordinal);
        var golden = Path.Combine(Repository.Root, "tests", "Starling.Tests", "Server", "Api", "routes.golden.txt");
        Assert.Equal(File.ReadAllText(golden).TrimEnd(), string.Join('\n', lines));
    }

    [Theory]
    [InlineData("true", true), InlineData("True", true), InlineData("y", true), InlineData("yes", true), InlineData("on", true), InlineData("1", true), InlineData("t", true), InlineData("T", true), InlineData("TRUE", true), InlineData("YES", true), InlineData("On", true)]
    [InlineData("", false), InlineData("false", false), InlineData("no", false), InlineData("off", false), InlineData("0", false), InlineData("maybe", false)]
    public void Trap27_booleans_are_accepted_as_clients_spell_them(string text, bool expected) =>
        Assert.Equal(expected, QueryParameters.Parse($"flag={text}").Flag("flag"));

    [Fact]
    public void Trap07_messages_are_read_without_regard_to_case_and_with_nulls_and_unknown_keys()
    {
        var message = ActionMessage.Parse("""{"ACTION":"start","Name":null,"extra":[1,{}],"Value":{"iD":"x","kind":null}}"""u8);
        Assert.Equal("start", message.Action);
        Assert.Equal(string.Empty, message.Name);
        Assert.Equal("x", ActionMessage.TextMember(message.Value, "ID"));
        Assert.Equal(string.Empty, ActionMessage.TextMember(message.Value, "Kind"));
        Assert.Same(ActionMessage.None, ActionMessage.Parse("  \n"u8));
        Assert.Same(ActionMessage.None, ActionMessage.Parse("null"u8));
    }

    [Theory]
    [InlineData("", "20 Nov 26 21:00 UTC")]
    [InlineData("2006-01-02T15:04:05.999999999Z07:00", "2026-11-20T21:00:00.123456789Z")]
    [InlineData("Mon Jan _2 15:04:05 2006", "Fri Nov 20 21:00:00 2026")]
    [InlineData("Mon, 02 Jan 2006 15:04:05 MST", "Fri, 20 Nov 2026 21:00:00 UTC")]
    public void Times_follow_the_layout_of_the_client(string layout, string expected)
    {
        var timeNs = (new DateTimeOffset(2026, 11, 20, 21, 0, 0, TimeSpan.Zero).ToUnixTimeSeconds() * 1_000_000_000) + 123_456_789;
        Assert.Equal(expected, GoTimeLayout.Format(timeNs, layout));
    }

    [Theory]
    [InlineData("/v1/objects/b/x%2Fy%20z?q=%2f", "x/y z", "q=%2f")]
    [InlineData("http://host:1/v1//objects//b/x/y/", "x/y/", "")]
    [InlineData("/v1/objects/b/%C3%BC", "ü", "")]
    public void Paths_are_decoded_once_and_queries_kept_as_they_are(string target, string name, string query)
    {
        var path = RequestPath.Parse(target);
        Assert.Equal(name, path.Rest(3));
        Assert.Equal(query, path.RawQuery);
    }

    [Fact]
    public void Metrics_are_exposed_as_text_with_cumulative_buckets()
    {
        using var metrics = new ServerMetrics();
        metrics.Record("get", 200, System.Diagnostics.Stopwatch.GetTimestamp());
        metrics.Record("get", 404, System.Diagnostics.Stopwatch.GetTimestamp());
        var text = metrics.Exporter.Format();
        Assert.Contains("# TYPE starling_requests_total counter\nstarling_requests_total{op=\"get\",status=\"200\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("# TYPE starling_request_duration_seconds histogram\n", text, StringComparison.Ordinal);
        Assert.Contains("starling_request_duration_seconds_count{op=\"get\"} 2\n", text, StringComparison.Ordinal);
        Assert.Equal(1, metrics.Tracker.Snapshot()["err.get.n"]);
        metrics.Tracker.Reset(errorsOnly: true);
        Assert.False(metrics.Tracker.Snapshot().ContainsKey("err.get.n"));
        Assert.Equal(1, metrics.Tracker.Snapshot()["get.n"]);
    }
}
