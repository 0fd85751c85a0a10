using System.Text.Json;
using Starling.Cluster;
using Starling.Cluster.Views;
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

    /// <summary>Makes a tree of dotted names.</summary>
    /// <param name="fields">Names such as <c>rebalance.enabled</c>, lower case, with their values as text.</param>
    /// <returns>JSON with the values as strings; the configuration's own types decide what they mean.</returns>
    /// <exception cref="StoreException">No names, or a name that is both a section and a field.</exception>
    public static string PatchOf(IReadOnlyList<KeyValuePair<string, string>> fields)
    {
        ArgumentNullException.ThrowIfNull(fields);
        if (fields.Count == 0)
        {
            throw new StoreException(ErrorCode.Invalid, "no properties to update");
        }

        var root = new SortedDictionary<string, object>(StringComparer.Ordinal);
        foreach (var (name, value) in fields)
        {
            var parts = name.Split('.');
            var section = root;
            foreach (var part in parts[..^1])
            {
                if (!section.TryGetValue(part, out var child))
                {
                    section[part] = child = new SortedDictionary<string, object>(StringComparer.Ordinal);
                }

                section = child as SortedDictionary<string, object> ?? throw new StoreException(ErrorCode.Invalid, $"unknown property \"{name}\"");
            }

            section[parts[^1]] = value;
        }

        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            Write(json, root);
        }

        return System.Text.Encoding.UTF8.GetString(buffer.ToArray());
    }

    private static void Write(Utf8JsonWriter json, SortedDictionary<string, object> section)
    {
        json.WriteStartObject();
        foreach (var (name, value) in section)
        {
            json.WritePropertyName(name);
            if (value is SortedDictionary<string, object> child)
            {
                Write(json, child);
            }
            else
            {
                json.WriteStringValue((string)value);
            }
        }

        json.WriteEndObject();
    }

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
