namespace Starling.Loader.Options;

/// <summary>
/// Go-style flags: <c>-x v</c>, <c>-x=v</c>, <c>--x v</c>, <c>--x=v</c>. A boolean needs <c>=</c> to be false, bare it is true,
/// which is why the parser has to know which flags are boolean.
/// </summary>
internal static class GoFlags
{
    /// <summary>Parses the arguments into name and value, in the order given.</summary>
    /// <exception cref="UsageException">An unknown flag, a missing value, or an argument that is no flag.</exception>
    public static List<KeyValuePair<string, string>> Parse(IReadOnlyList<string> arguments, Func<string, bool?> isBoolean)
    {
        var result = new List<KeyValuePair<string, string>>();
        for (var i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            if (argument.Length < 2 || argument[0] != '-')
            {
                throw new UsageException($"unexpected argument \"{argument}\": flags begin with '-' (see 'aisloader usage')");
            }

            var text = argument.AsSpan(argument.StartsWith("--", StringComparison.Ordinal) ? 2 : 1);
            var equals = text.IndexOf('=');
            var name = (equals < 0 ? text : text[..equals]).ToString();
            var boolean = isBoolean(name) ?? throw new UsageException($"flag provided but not defined: -{name} (see 'aisloader usage')");
            if (equals >= 0)
            {
                result.Add(new(name, text[(equals + 1)..].ToString()));
            }
            else if (boolean)
            {
                result.Add(new(name, "true"));
            }
            else if (i + 1 < arguments.Count)
            {
                result.Add(new(name, arguments[++i]));
            }
            else
            {
                throw new UsageException($"flag needs an argument: -{name}");
            }
        }

        return result;
    }
}

/// <summary>The command line is wrong; printed as it is, exit code 1.</summary>
internal sealed class UsageException(string message) : Exception(message);
