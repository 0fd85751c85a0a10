using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Starling.Cluster.Peers;
using Starling.Cluster.Views;
using Starling.Core.Errors;

namespace Starling.Server.Api.Intra;

/// <summary>Stands before everything that other nodes may ask: secret, cluster, marks (rule B2).</summary>
internal sealed class IntraGuard
{
    private static readonly TimeSpan CatchUpWithin = TimeSpan.FromSeconds(5);

    private readonly byte[] secret;
    private readonly IClusterView view;
    private readonly IntraCounters counters;

    public IntraGuard(string secret, IClusterView view, IntraCounters counters)
    {
        this.secret = Encoding.UTF8.GetBytes(secret);
        this.view = view;
        this.counters = counters;
    }

    /// <summary>True when the request carries the cluster's secret.</summary>
    public bool HasSecret(HttpContext context) =>
        context.Request.Headers.TryGetValue(PeerHeaders.Secret, out var given)
        && given.Count == 1 && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given[0]!), secret);

    /// <summary>Checks the secret; false after the refusal was answered.</summary>
    public async Task<bool> CheckSecretAsync(HttpContext context)
    {
        if (HasSecret(context))
        {
            return true;
        }

        counters.CountSecret();
        await IntraReply.RefuseAsync(
            context, StatusCodes.Status403Forbidden, "secret", $"this network is for members of the cluster: header {PeerHeaders.Secret} is missing or wrong (compare --secret-file of both nodes)");
        return false;
    }

    /// <summary>Checks that the sender belongs here and that this node has seen what the sender has seen; false after the refusal was answered.</summary>
    public async Task<bool> CheckSenderAsync(HttpContext context)
    {
        var headers = context.Request.Headers;
        var mine = view.Current.ClusterId;
        if (headers.TryGetValue(PeerHeaders.ClusterId, out var theirs) && mine.Length > 0 && theirs.ToString() is { Length: > 0 } other && other != mine)
        {
            counters.CountCluster();
            await RefuseClusterAsync(context, mine, other);
            return false;
        }

        if (!headers.TryGetValue(PeerHeaders.AppliedIndex, out var mark))
        {
            return true;
        }

        if (!long.TryParse(mark.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var index))
        {
            counters.CountMalformed();
            await IntraReply.RefuseAsync(context, StatusCodes.Status400BadRequest, "malformed", $"header {PeerHeaders.AppliedIndex} must be a log index");
            return false;
        }

        return view.Current.AppliedIndex >= index || await CatchUpAsync(context, index);
    }

    public static Task RefuseClusterAsync(HttpContext context, string mine, string other) => IntraReply.RefuseAsync(
        context, StatusCodes.Status409Conflict, "cluster", $"this node belongs to cluster {mine}, the request names cluster {other}: nodes of two clusters never talk to each other");

    private async Task<bool> CatchUpAsync(HttpContext context, long index)
    {
        try
        {
            await view.WaitForAsync(
                snapshot => snapshot.AppliedIndex >= index, string.Create(CultureInfo.InvariantCulture, $"log index {index}, which the sender has seen"), CatchUpWithin, context.RequestAborted);
            return true;
        }
        catch (StoreException late)
        {
            counters.CountBehind();
            await IntraReply.RefuseAsync(context, StatusCodes.Status503ServiceUnavailable, "behind", late.Message);
            return false;
        }
    }
}
