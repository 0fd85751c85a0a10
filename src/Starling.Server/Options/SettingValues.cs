using System.Text.Json;

namespace Starling.Server.Options;

/// <summary>Raw settings with where they came from. The command line wins over the environment, the environment over the file.</summary>
internal sealed class SettingValues
{
    private readonly SortedDictionary<string, (IReadOnlyList<string> Values, string Source)> values = new(StringComparer.Ordinal);

    /// <summary>Adds values unless a stronger source gave some already; to be called in order of strength.</summary>
    public void Add(string name, IReadOnlyList<string> given, string source)
    {
        if (given.Count > 0)
        {
            values.TryAdd(name, (given, source));
        }
    }

    public IReadOnlyList<string> List(string name) => values.TryGetValue(name, out var found) ? found.Values : [];

    public string? Single(string name) => values.TryGetValue(name, out var found) ? found.Values[^1] : null;

    /// <summary>How to name a setting in a message: where it came from.</summary>
    public string Source(string name) => values.TryGetValue(name, out var found) ? found.Source : "--" + name;

    public void AddEnvironment(Func<string, string?> environment)
    {
        foreach (var setting in NodeSetting.All)
        {
            foreach (var name in setting.EnvironmentNames)
            {
                if (environment(name) is { Length: > 0 } text)
                {
                    Add(setting.Name, setting.IsList ? text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) : [text], name);
                    break;
                }
            }
        }
    }

    /// <summary>Adds the settings of a JSON file; what is wrong with it goes to the list.</summary>
    public void AddFile(string path, string text, List<string> problems)
    {
        try
        {
            using var document = JsonDocument.Parse(text, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                problems.Add($"configuration file {path}: must hold a JSON object");
                return;
            }

            foreach (var property in document.RootElement.EnumerateObject())
            {
                AddProperty(path, property, problems);
            }
        }
        catch (JsonException error)
        {
            problems.Add($"configuration file {path}: not valid JSON (line {error.LineNumber + 1}): {error.Message}");
        }
    }

    private void AddProperty(string path, JsonProperty property, List<string> problems)
    {
        if (NodeSetting.All.FirstOrDefault(setting => setting.Name == property.Name) is not { } setting)
        {
            problems.Add($"configuration file {path}: unknown setting \"{property.Name}\"; known are {string.Join(", ", NodeSetting.All.Select(known => known.Name))}");
            return;
        }

        var source = $"\"{property.Name}\" in {path}";
        if (property.Value.ValueKind == JsonValueKind.Array && setting.IsList)
        {
            Add(setting.Name, [.. property.Value.EnumerateArray().Select(Text)], source);
        }
        else if (property.Value.ValueKind is JsonValueKind.String or JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False)
        {
            Add(setting.Name, [Text(property.Value)], source);
        }
        else
        {
            problems.Add($"{source}: must be a {(setting.IsList ? "list of strings" : setting.IsFlag ? "true or false" : "string")}");
        }
    }

    private static string Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
}
