using System.Text;
using System.Text.Json.Nodes;
using Starling.Core.Config;
using Starling.Core.Errors;
using Starling.Storage.Files;
using Starling.Storage.Layout;

namespace Starling.Server.Api.Native.Daemon;

/// <summary>This node's deviations from the replicated configuration, kept in one small local file.</summary>
internal sealed class NodeConfig
{
    private const ushort FileKind = 40;

    private readonly IFileLayer files;
    private readonly string path;
    private readonly Lock gate = new();
    private JsonObject overrides;

    /// <summary>Reads what an earlier process wrote.</summary>
    /// <exception cref="StoreException">The file is damaged; the message names it.</exception>
    public NodeConfig(IFileLayer files, string directory)
    {
        this.files = files;
        path = Path.Combine(Path.GetFullPath(directory), "node-overrides");
        var content = SystemFile.Read(files, path, FileKind);
        overrides = content is null ? [] : JsonNode.Parse(content) as JsonObject ?? [];
    }

    /// <summary>Lays the deviations over the replicated configuration.</summary>
    public JsonObject Apply(JsonObject clusterConfig)
    {
        lock (gate)
        {
            ConfigDocument.LayOver(clusterConfig, overrides);
        }

        return clusterConfig;
    }

    /// <summary>Adds deviations; durable when it returns.</summary>
    /// <param name="patch">Settings in canonical form.</param>
    /// <exception cref="StoreException">The disk refused.</exception>
    public void Set(JsonObject patch)
    {
        lock (gate)
        {
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
            if (overrides.Count > 0)
            {
                Save([]);
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
