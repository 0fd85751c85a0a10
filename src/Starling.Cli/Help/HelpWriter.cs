using System.CommandLine;
using Starling.Cli.Commands;

namespace Starling.Cli.Help;

/// <summary>Help in the layout that users of the tool know: NAME, USAGE, COMMANDS or OPTIONS.</summary>
internal static class HelpWriter
{
    public static void Write(CliCommand command, TextWriter output)
    {
        var alias = CommandTree.Aliases.FirstOrDefault(pair => $"ais {pair.Value}" == command.Path).Key;
        output.WriteLine("NAME:");
        output.WriteLine($"   {command.Path} - {(alias is null ? string.Empty : $"(alias: 'ais {alias}') ")}{command.Description}");
        output.WriteLine();
        output.WriteLine("USAGE:");
        output.WriteLine($"   {command.Path} {UsageOf(command)}");
        var commands = command.Subcommands.Where(child => !child.Hidden).ToArray();
        if (commands.Length > 0)
        {
            Section(output, "COMMANDS:", commands.Select(child => (child.Name, child.Description ?? string.Empty)));
        }

        if (command.Parents.Any() is false)
        {
            Section(output, "ALIASES:", CommandTree.Aliases.Select(pair => (pair.Key, $"ais {pair.Value}")));
            output.WriteLine();
            output.WriteLine("TAB-completion: source <(ais completion bash)   or   source <(ais completion zsh)");
        }

        var options = command.Options.Concat(command.Parents.Any() ? [] : Array.Empty<Option>()).Where(option => !option.Hidden && option.Name != "--help");
        Section(
            output, "OPTIONS:",
            options.OrderBy(option => option.Name, StringComparer.Ordinal).Select(option => (NamesOf(option), option.Description ?? string.Empty)).Append(("help, h", "Show help")));
    }

    private static string UsageOf(CliCommand command) => command switch
    {
        { Run: null } => "command [arguments...] [command options]",
        { Usage.Length: 0 } => "[command options]",
        _ => $"{command.Usage} [command options]",
    };

    private static string NamesOf(Option option) => string.Join(",", option.Aliases.Prepend(option.Name).Distinct().Select(name => name.TrimStart('-')));

    private static void Section(TextWriter output, string title, IEnumerable<(string Name, string Text)> lines)
    {
        var rows = lines.ToArray();
        var width = rows.Max(row => row.Name.Length);
        output.WriteLine();
        output.WriteLine(title);
        foreach (var (name, text) in rows)
        {
            output.WriteLine($"   {name.PadRight(width)}   {text.ReplaceLineEndings("\n" + new string(' ', width + 6))}".TrimEnd());
        }
    }
}
