using System.Text.Json.Serialization.Metadata;
using Starling.Core.Wire;

namespace Starling.Core.Config;

/// <summary>What a setting may hold.</summary>
internal enum SettingKind
{
    /// <summary>Further settings.</summary>
    Section,
    Boolean,
    Integer,

    /// <summary>A signed 64-bit integer, text on the wire.</summary>
    SignedText,

    /// <summary>An unsigned 64-bit integer, text on the wire.</summary>
    UnsignedText,
    Duration,
    Size,
    Text,
    TextList,

    /// <summary>Names chosen by the client; replaced as a whole.</summary>
    Map,
}

/// <summary>One setting or section, as the records of the wire declare it: there is no second list of names to keep in step.</summary>
internal sealed class SettingsSchema
{
    private readonly Dictionary<string, SettingsSchema> children = new(StringComparer.OrdinalIgnoreCase);

    private SettingsSchema(string name, SettingKind kind)
    {
        Name = name;
        Kind = kind;
    }

    /// <summary>The configuration of a cluster. What stands in <see cref="IsReadOnly"/> cannot be set by clients.</summary>
    public static SettingsSchema Cluster { get; } = Build(WireJson.Instance.ClusterConfigWire, "uuid", "config_version", "lastupdate_time", "net.l4");

    /// <summary>The properties of a bucket.</summary>
    public static SettingsSchema Bucket { get; } = Build(WireJson.Instance.BpropsWire, "provider", "Renamed", "bid", "created");

    /// <summary>Key in JSON.</summary>
    public string Name { get; }

    /// <summary>What it may hold.</summary>
    public SettingKind Kind { get; }

    /// <summary>True for what only the cluster itself sets.</summary>
    public bool IsReadOnly { get; private set; }

    /// <summary>The setting with this key, whatever the case; null when there is none.</summary>
    public SettingsSchema? Child(string name) => children.GetValueOrDefault(name);

    /// <summary>The setting with this dotted name, whatever the case; null when there is none.</summary>
    public SettingsSchema? Find(string dottedName)
    {
        var found = this;
        foreach (var part in dottedName.Split('.'))
        {
            found = found?.Child(part);
        }

        return found;
    }

    private static SettingsSchema Build(JsonTypeInfo type, params string[] readOnly)
    {
        var root = new SettingsSchema(string.Empty, SettingKind.Section);
        root.AddChildren(type);
        foreach (var name in readOnly)
        {
            root.Find(name)!.IsReadOnly = true;
        }

        return root;
    }

    private void AddChildren(JsonTypeInfo type)
    {
        foreach (var property in type.Properties)
        {
            if (property.IsExtensionData)
            {
                continue;
            }

            var child = new SettingsSchema(property.Name, KindOf(property));
            children.Add(property.Name, child);
            if (child.Kind == SettingKind.Section)
            {
                child.AddChildren(WireJson.Instance.GetTypeInfo(property.PropertyType)
                    ?? throw new InvalidOperationException($"no metadata for the type of the setting \"{property.Name}\""));
            }
        }
    }

    private static SettingKind KindOf(JsonPropertyInfo property)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        return property.CustomConverter switch
        {
            Int64StringConverter => SettingKind.SignedText,
            UInt64StringConverter => SettingKind.UnsignedText,
            _ when type == typeof(bool) => SettingKind.Boolean,
            _ when type == typeof(int) || type == typeof(long) => SettingKind.Integer,
            _ when type == typeof(GoDuration) => SettingKind.Duration,
            _ when type == typeof(SizeIec) => SettingKind.Size,
            _ when type == typeof(string) => SettingKind.Text,
            _ when type == typeof(List<string>) => SettingKind.TextList,
            _ when type.IsGenericType => SettingKind.Map,
            _ => SettingKind.Section,
        };
    }
}
