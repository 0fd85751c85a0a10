using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Starling.Core.Wire;

namespace Starling.Core.Config;

/// <summary>
/// The configuration of the cluster as a JSON document. A stored document may lack sections, which then have their defaults, and may hold keys that this
/// build does not know, which survive every change. Everything here is pure.
/// </summary>
public static class ConfigDocument
{
    /// <summary>All sections with their defaults.</summary>
    public static string Default { get; } = JsonSerializer.Serialize(new ClusterConfigWire(), WireJson.Instance.ClusterConfigWire);

    /// <summary>The typed view of a stored document, every section filled in.</summary>
    /// <exception cref="JsonException">The document is damaged; the message says where.</exception>
    public static ClusterConfigWire Read(string json) => TryRead(json, out var config, out var error) ? config : throw new JsonException(error);

    /// <summary>The typed view of a document; false with what is wrong.</summary>
    public static bool TryRead(string? json, [NotNullWhen(true)] out ClusterConfigWire? config, [NotNullWhen(false)] out string? error) =>
        WireJson.TryRead(Encoding.UTF8.GetBytes(string.IsNullOrEmpty(json) ? "{}" : json), WireJson.Instance.ClusterConfigWire, out config, out error);

    /// <summary>The document of a typed configuration.</summary>
    public static string Write(ClusterConfigWire config) => JsonSerializer.Serialize(config, WireJson.Instance.ClusterConfigWire);

    /// <summary>The document with all sections: the defaults, and over them what the document says. The one way by which missing sections come in.</summary>
    /// <param name="json">A stored document; one that is no JSON object counts as empty.</param>
    public static JsonObject WithDefaults(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        var result = (JsonObject)JsonNode.Parse(Default)!;
        LayOver(result, SettingsPatch.ParseObject(json, out _) ?? []);
        return result;
    }

    /// <summary>Lays settings over a document, sections field by field; what this build does not know is taken over too.</summary>
    /// <param name="document">The document; changed.</param>
    /// <param name="settings">Settings in canonical form.</param>
    public static void LayOver(JsonObject document, JsonObject settings)
    {
        ArgumentNullException.ThrowIfNull(document);
        ArgumentNullException.ThrowIfNull(settings);
        SettingsPatch.Merge(SettingsSchema.Cluster, document, settings);
    }

    /// <summary>Brings a patch into canonical form: keys as the wire spells them, values typed, without what clients cannot set.</summary>
    /// <returns>Null with an error when a setting is unknown, a value is wrong, or nothing is left.</returns>
    public static JsonObject? Canonical(string patchJson, out string? error)
    {
        ArgumentNullException.ThrowIfNull(patchJson);
        var patch = SettingsPatch.ParseObject(patchJson, out error) is { } tree ? SettingsPatch.FromTree(SettingsSchema.Cluster, tree, out error) : null;
        if (patch is { Count: > 0 })
        {
            return patch;
        }

        error ??= SettingsPatch.NothingToUpdate;
        return null;
    }

    /// <summary>Turns dotted names (<c>rebalance.enabled</c>, <c>true</c>) into a patch. Names are matched whatever the case; older names of settings are understood.</summary>
    /// <param name="named">Names and values.</param>
    /// <param name="patchJson">The patch, in canonical form.</param>
    /// <param name="error"><c>unknown property "x"</c>, <c>no properties to update</c>, or which value is wrong and what is expected.</param>
    public static bool TryParseNames(IEnumerable<KeyValuePair<string, string>> named, [NotNullWhen(true)] out string? patchJson, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(named);
        var tree = SettingsPatch.FromNames(SettingsSchema.Cluster, named.Select(pair => KeyValuePair.Create(CurrentName(pair.Key), pair.Value)), out error);
        patchJson = tree is null ? null : SettingsPatch.Text(tree);
        error = patchJson is null ? error ?? SettingsPatch.NothingToUpdate : null;
        return patchJson is not null;
    }

    /// <summary>Applies a patch (the tree of a client's <c>set-config</c>, every leaf optional) and checks the result.</summary>
    /// <param name="currentJson">The stored document; empty for the defaults.</param>
    /// <param name="patchJson">The patch.</param>
    /// <param name="nextJson">The new document.</param>
    /// <param name="error">Which setting is wrong and what is expected.</param>
    public static bool TryPatch(string currentJson, string patchJson, [NotNullWhen(true)] out string? nextJson, [NotNullWhen(false)] out string? error)
    {
        ArgumentNullException.ThrowIfNull(currentJson);
        ArgumentNullException.ThrowIfNull(patchJson);
        nextJson = null;
        if (SettingsPatch.ParseObject(currentJson, out error) is not { } target || Canonical(patchJson, out error) is not { } patch)
        {
            error ??= "invalid JSON";
            return false;
        }

        SettingsPatch.Merge(SettingsSchema.Cluster, target, patch);
        var text = SettingsPatch.Text(target);
        if (!TryRead(text, out var config, out error))
        {
            return false;
        }

        error = ConfigRules.Check(config);
        nextJson = error is null ? text : null;
        return nextJson is not null;
    }

    // Names that older clients still send.
    private static string CurrentName(string name)
    {
        var lower = name.ToLowerInvariant();
        return lower switch
        {
            "auth.enabled" => "auth.client_auth_required",
            "auth.cluster_key.enabled" => "auth.intra_cluster.request_auth",
            _ when lower.StartsWith("auth.cluster_key.", StringComparison.Ordinal) => "auth.intra_cluster." + lower["auth.cluster_key.".Length..],
            _ => lower,
        };
    }
}
