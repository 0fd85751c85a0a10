using System.Text;
using System.Text.Json.Nodes;
using Starling.Core.Config;
using Starling.Core.Errors;
using Starling.Storage.Files;
using Starling.Storage.Layout;

namespace Starling.Server.Api.Native.Daemon;

/// <summary>This node's deviations from the replicated configuration: those kept in one small local file, and over them those that end with the process.</summary>
internal sealed class NodeConfig
{
    /// <summary>Its file in the node's directory.</summary>
    public const string FileName = "node-overrides";

    private const ushort FileKind = 40;

    private readonly IFileLayer files;
    private readonly string path;
    private readonly Lock gate = new();
    private JsonObject overrides;
    private JsonObject transient = [];

    /// <summary>Reads what an earlier process wrote.</summary>
    /// <exception cref="StoreException">The file is damaged; the message names it.</exception>
    public NodeConfig(IFileLayer files, string directory)
    {
        this.files = files;
        path = Path.Combine(Path.GetFullPath(directory), FileName);
        var content = SystemFile.Read(files, path, FileKind);
        overrides = content is null ? [] : JsonNode.Parse(content) as JsonObject ?? [];
    }

    /// <summary>Lays the deviations over the replicated configuration.</summary>
    public JsonObject Apply(JsonObject clusterConfig)
    {
        lock (gate)
        {
            ConfigDocument.LayOver(clusterConfig, overrides);
            ConfigDocument.LayOver(clusterConfig, transient);
        }

        return clusterConfig;
    }

    /// <summary>Adds deviations; durable when it returns, unless they are to end with the process.</summary>
    /// <param name="patch">Settings in canonical form.</param>
    /// <param name="isTransient">True when they are not to be written down.</param>
    /// <exception cref="StoreException">The disk refused.</exception>
    public void Set(JsonObject patch, bool isTransient)
    {
        lock (gate)
        {
            if (isTransient)
            {
                ConfigDocument.LayOver(transient, patch);
                return;
            }

            // What is set for good is what holds from now on.
            Remove(transient, patch);
            var next = (JsonObject)overrides.DeepClone();
            ConfigDocument.LayOver(next, patch);
            Save(next);
        }
    }

    /// <summary>Drops all deviations; durable when it returns.</summary>
    public void Reset()
    {
        lock (gate)
        {
            transient = [];
            if (overrides.Count > 0)
            {
                Save([]);
            }
        }
    }

    private static void Remove(JsonObject from, JsonObject patch)
    {
        foreach (var (name, value) in patch)
        {
            if (value is JsonObject inner && from[name] is JsonObject section)
            {
                Remove(section, inner);
            }
            else
            {
                from.Remove(name);
            }
        }
    }

    private void Save(JsonObject next)
    {
        try
        {
            SystemFile.Write(files, path, FileKind, Encoding.UTF8.GetBytes(next.ToJsonString()));
        }
        catch (FileLayerException failure)
        {
            throw failure.ToStoreException();
        }

        overrides = next;
    }
}
