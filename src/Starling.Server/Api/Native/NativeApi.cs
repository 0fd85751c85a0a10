using System.Buffers;
using System.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Starling.Core.Errors;

namespace Starling.Server.Api.Native;

/// <summary>
/// The native HTTP interface of one node: finds the route, asks the authorizer, runs the handler, turns failures into answers, counts.
/// Hosting calls <see cref="HandleAsync"/> for every request of a listener that no intra-cluster endpoint took.
/// </summary>
internal sealed class NativeApi
{
    private static readonly TimeSpan StartHold = TimeSpan.FromSeconds(10);

    private readonly ApiServices services;
    private readonly RouteTable routes;
    private readonly IAuthorizer authorizer;
    private readonly RequestAdmission admission;
    private readonly ILogger log;

    public NativeApi(ApiServices services, IAuthorizer authorizer, RequestAdmission admission, ILogger<NativeApi> log)
    {
        this.services = services;
        this.authorizer = authorizer;
        this.admission = admission;
        this.log = log;
        routes = NativeRoutes.Table;
    }

    /// <summary>Answers one request.</summary>
    /// <param name="context">The request.</param>
    /// <param name="listener">The one network it came in on.</param>
    public async Task HandleAsync(HttpContext context, Listeners listener)
    {
        var started = Stopwatch.GetTimestamp();
        var path = RequestPath.Parse(context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpRequestFeature>()!.RawTarget);
        var operation = "other";
        var admitted = false;
        try
        {
            var route = Find(context, path, listener);
            if (route is not null)
            {
                operation = route.Operation;
                var call = new ApiCall(context, services, listener, path);
                if (authorizer.Check(call, route) is { } refusal)
                {
                    throw refusal;
                }

                if (listener == Listeners.Public && route.Privilege != Privilege.None && !(admitted = admission.TryEnter()))
                {
                    throw new StoreException(ErrorCode.Unavailable, $"{services.DisplayName} has {admission.MaxRequests} requests in work, as many as its memory allows: try again", 1000);
                }

                if (listener == Listeners.Public && route.Privilege is >= Privilege.ListBuckets and <= Privilege.WriteObjects)
                {
                    await HoldUntilFormedAsync(context.RequestAborted);
                }

                await route.Handler(call);
            }
        }
        catch (StoreException error) when (!context.Response.HasStarted)
        {
            await ErrorReply.WriteAsync(context, path, services.DisplayName, error.Error);
        }
        catch (ApiException error) when (!context.Response.HasStarted)
        {
            await ErrorReply.WriteAsync(context, path, services.DisplayName, error);
        }
        catch (NotStartedException) when (!context.Response.HasStarted)
        {
            context.Response.Clear();
            BodyDrain.Prepare(context);
            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
            context.Response.Headers.RetryAfter = "1";
            context.Response.ContentLength = 0;
        }
        catch (BadHttpRequestException error) when (!context.Response.HasStarted)
        {
            context.Response.Headers.Connection = "close";
            await ErrorReply.WriteAsync(context, path, services.DisplayName, new ApiException(error.StatusCode, error.Message));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            context.Abort();
        }
        catch (OperationCanceledException) when (!context.Response.HasStarted)
        {
            await ErrorReply.WriteAsync(context, path, services.DisplayName, new StoreError(ErrorCode.Unavailable, "the request's deadline passed while it waited"));
        }
        catch (Exception error)
        {
            // The edge of the process: whatever a handler did not expect ends this request, is logged with its trace, and nothing else.
            log.LogError(error, "request {Method} {Path} failed unexpectedly", context.Request.Method, path.Raw);
            if (context.Response.HasStarted)
            {
                context.Abort();
            }
            else
            {
                await ErrorReply.WriteAsync(context, path, services.DisplayName, new StoreError(ErrorCode.Internal, "internal error; the node's log has the details"));
            }
        }

        services.Metrics.Record(operation, context.Response.StatusCode, started);
        try
        {
            await BodyDrain.FinishAsync(context);
        }
        finally
        {
            if (admitted)
            {
                admission.Leave();
            }
        }
    }

    /// <summary>
    /// A member that was just started knows its cluster but has not heard yet how much of its log is committed. Nobody is to notice a restart: what clients
    /// ask of buckets and objects is held meanwhile. A node that belongs to no cluster answers at once.
    /// </summary>
    private async Task HoldUntilFormedAsync(CancellationToken cancellationToken)
    {
        if (services.Snapshot is { ClusterId.Length: > 0, State.IsFormed: false })
        {
            await services.Runtime.View.WaitForAsync(seen => seen.State.IsFormed, "the committed state of the cluster", StartHold, cancellationToken);
        }
    }

    /// <summary>The route, or null after the answer was given here.</summary>
    private Route? Find(HttpContext context, RequestPath path, Listeners listener)
    {
        var method = context.Request.Method;
        var route = routes.Find(path, method, services.Role, out var allow);
        if (route is null && allow is null)
        {
            var other = services.Role == Roles.Gateway ? Roles.Target : Roles.Gateway;
            var hint = routes.Find(path, method, other, out _) is null ? string.Empty
                : other == Roles.Gateway ? $": {services.DisplayName} is a target, send this to a gateway" : $": {services.DisplayName} is a gateway, only targets answer this";
            throw ApiException.Invalid($"invalid request URI: '{method} {path.Raw}'{hint}");
        }

        if (route is null)
        {
            context.Response.Headers.Allow = allow;
            BodyDrain.Prepare(context);
            if (HttpMethods.IsOptions(method))
            {
                context.Response.ContentLength = 0;
                return null;
            }

            context.Response.StatusCode = StatusCodes.Status405MethodNotAllowed;
            context.Response.ContentType = "text/plain; charset=utf-8";
            context.Response.Headers.XContentTypeOptions = "nosniff";
            var text = "Method Not Allowed\n"u8.ToArray();
            context.Response.ContentLength = text.Length;
            context.Response.BodyWriter.Write(text);
            return null;
        }

        return (route.Listeners & listener) != 0
            ? route
            : throw new ApiException(403, $"{method} {path.Raw} is not offered on the {listener.ToString().ToLowerInvariant()} network");
    }
}
