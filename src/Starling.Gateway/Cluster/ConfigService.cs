using Starling.Cluster;
using Starling.Cluster.Views;
using Starling.Core.Config;
using Starling.Core.Errors;
using Starling.Protocol.State.Commands;

namespace Starling.Gateway.Cluster;

/// <summary>Changes of the replicated configuration: proposed from any gateway, answered after this one has applied them.</summary>
public sealed class ConfigService
{
    private readonly IClusterView view;
    private readonly ICommandProposer proposer;

    /// <summary>Composes the service.</summary>
    public ConfigService(IClusterView view, ICommandProposer proposer)
    {
        this.view = view;
        this.proposer = proposer;
    }

    /// <summary>Sets fields.</summary>
    /// <param name="patchJson">The fields to set, a tree of JSON objects as clients send it.</param>
    /// <param name="requestId">Deduplicates retries (rule A12); empty for none.</param>
    /// <param name="cancellationToken">The client went away.</param>
    /// <exception cref="StoreException">Invalid with the field's name, Unavailable or UnknownOutcome.</exception>
    public Task SetAsync(string patchJson, string requestId, CancellationToken cancellationToken) =>
        ProposeAsync(new SetConfig(patchJson, 0), requestId, cancellationToken);

    /// <summary>Makes a patch of dotted names such as <c>rebalance.enabled</c>.</summary>
    /// <exception cref="StoreException">Invalid: no names, an unknown name, or a value of the wrong kind.</exception>
    public static string PatchOf(IReadOnlyList<KeyValuePair<string, string>> fields) =>
        ConfigDocument.TryParseNames(fields, out var patch, out var error) ? patch : throw new StoreException(ErrorCode.Invalid, error);

    private async Task ProposeAsync(Command command, string requestId, CancellationToken cancellationToken)
    {
        var outcome = await proposer.ProposeAsync(command with { RequestId = requestId, SeenIndex = view.Current.AppliedIndex }, Deadlines.Proposal, cancellationToken);
        if (outcome.Error is { } error)
        {
            throw new StoreException(error);
        }
    }

    /// <summary>Sets everything back to the defaults.</summary>
    public Task ResetAsync(string requestId, CancellationToken cancellationToken) => ProposeAsync(new ResetConfig(0), requestId, cancellationToken);
}
