namespace Starling.Server.Api.Native;

/// <summary><c>/metrics</c>: Prometheus text.</summary>
internal static class MetricsEndpoint
{
    public static Task HandleAsync(ApiCall call) =>
        call.BytesAsync(System.Text.Encoding.UTF8.GetBytes(call.Services.Metrics.Exporter.Format()), "text/plain; version=0.0.4; charset=utf-8");
}
