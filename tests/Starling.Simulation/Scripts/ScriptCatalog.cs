using System.Reflection;
using System.Text;

namespace Starling.Simulation.Scripts;

/// <summary>Marks a public static method that takes the log of its world: a story that must go well.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ScriptAttribute : Attribute;

/// <summary>All scripts, by name.</summary>
public static class ScriptCatalog
{
    private static readonly SortedDictionary<string, MethodInfo> All = Find();

    public static IEnumerable<string> Names => All.Keys;

    public static void Run(string name, TextWriter? log = null)
    {
        if (!All.TryGetValue(name, out var method))
        {
            throw new CheckFailedException("scripts", $"there is no script {name}; --script list shows them");
        }

        method.CreateDelegate<Action<TextWriter?>>()(log);
    }

    private static SortedDictionary<string, MethodInfo> Find()
    {
        var found = new SortedDictionary<string, MethodInfo>(StringComparer.Ordinal);
        foreach (var type in typeof(ScriptCatalog).Assembly.GetTypes())
        {
            foreach (var method in type.GetMethods(BindingFlags.Public | BindingFlags.Static))
            {
                if (method.GetCustomAttribute<ScriptAttribute>() is not null)
                {
                    found.Add(SnakeCase(method.Name), method);
                }
            }
        }

        return found;
    }

    private static string SnakeCase(string name)
    {
        var text = new StringBuilder();
        foreach (var c in name)
        {
            if (char.IsUpper(c) && text.Length > 0)
            {
                text.Append('_');
            }

            text.Append(char.ToLowerInvariant(c));
        }

        return text.ToString();
    }
}
