using System.Text.Json.Nodes;
using Starling.Cli.Help;
using Starling.Cli.Output;

namespace Starling.Cli.Commands.Config;

/// <summary>Shows and parses configuration: whole, one section, or one value.</summary>
internal static class ConfigText
{
    /// <summary>Prints what a dotted path selects; empty prints everything.</summary>
    public static void Print(CliSession session, JsonObject config, string path)
    {
        var selected = Select(config, path);
        if (session.Has(session.Flags.Json))
        {
            session.Out.WriteLine(JsonText.Indented(JsonText.OwnKnobsFirst(selected)));
            return;
        }

        var table = new Table(new Column("PROPERTY"), new Column("VALUE"));
        foreach (var (name, value) in JsonText.Flatten(JsonText.OwnKnobsFirst(selected)))
        {
            table.Add(name, value);
        }

        table.Write(session.Terminal, !session.Has(session.Flags.NoHeaders));
    }

    /// <summary>Reads <c>KEY=VALUE...</c>, <c>KEY VALUE</c> or a JSON object; none of them is a request to show.</summary>
    public static IReadOnlyList<KeyValuePair<string, string>> ParseAssignments(IReadOnlyList<string> words)
    {
        if (words.Count == 1 && words[0].StartsWith('{'))
        {
            try
            {
                return JsonText.Flatten(JsonNode.Parse(words[0])).ToArray();
            }
            catch (System.Text.Json.JsonException error)
            {
                throw new UsageException($"malformed JSON: {error.Message}");
            }
        }

        if (words.Count == 2 && words.All(word => !word.Contains('=', StringComparison.Ordinal)))
        {
            return [KeyValuePair.Create(words[0], words[1])];
        }

        return words.Select(word => word.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals
            ? KeyValuePair.Create(word[..equals], word[(equals + 1)..])
            : throw new UsageException($"expecting KEY=VALUE, got \"{word}\", for example rebalance.enabled=false")).ToArray();
    }

    public static bool IsShow(IReadOnlyList<string> words) => words.Count == 0 || (words.Count == 1 && !words[0].Contains('=', StringComparison.Ordinal) && !words[0].StartsWith('{'));

    /// <summary>Says at once that a name does not exist, and which ones come near.</summary>
    public static void CheckNames(JsonObject config, IEnumerable<string> names)
    {
        var known = JsonText.Flatten(config).Select(pair => pair.Key).ToArray();
        foreach (var name in names.Where(name => !known.Contains(name, StringComparer.OrdinalIgnoreCase)))
        {
            var section = name.Split('.')[0];
            var examples = DidYouMean.Nearest(name, known) is { } near ? [near] : known.Where(key => key.StartsWith(section + ".", StringComparison.Ordinal)).DefaultIfEmpty("rebalance.enabled").Take(3);

            // Optional keys are not shown while unset: only what cannot exist is refused here, the server has the last word.
            if (!config.ContainsKey(section) || config[section] is not JsonObject)
            {
                throw new UsageException($"invalid property name \"{name}\" (examples: {string.Join(", ", examples)})");
            }
        }
    }

    private static JsonObject Select(JsonObject config, string path)
    {
        if (path.Length == 0)
        {
            return config;
        }

        var parts = path.Split('.', StringSplitOptions.RemoveEmptyEntries);
        JsonNode? node = config;
        foreach (var part in parts)
        {
            node = node is JsonObject map && map.TryGetPropertyValue(part, out var child)
                ? child
                : throw new CliException(
                    node == config
                        ? $"invalid section \"{part}\": expecting one of {string.Join(", ", config.Select(pair => pair.Key).Order(StringComparer.Ordinal))}"
                        : $"invalid property name \"{path}\": {string.Join(", ", node is JsonObject known ? known.Select(pair => pair.Key) : [])}",
                    ExitCode.Usage);
        }

        var selected = node?.DeepClone();
        for (var i = parts.Length - 1; i >= 0; i--)
        {
            selected = new JsonObject { [parts[i]] = selected };
        }

        return (JsonObject)selected!;
    }
}
