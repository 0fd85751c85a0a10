using System.Globalization;

namespace Starling.Simulation;

/// <summary>The command line of the simulator.</summary>
public sealed record CommandOptions
{
    public string Command { get; init; } = "run";

    public long From { get; init; } = 1;

    public long Seeds { get; init; } = 100;

    public ulong? Seed { get; init; }

    public string? Log { get; init; }

    public string? Script { get; init; }

    public bool CheckDeterminism { get; init; }

    public bool FirstFailure { get; init; }

    /// <summary>Zero marks do not fail the run: for ranges too short to reach everything.</summary>
    public bool AllowZeros { get; init; }

    public int BudgetSeconds { get; init; }

    public int Workers { get; init; } = Environment.ProcessorCount;

    public bool Quick { get; init; }

    public string? Only { get; init; }

    public string? Error { get; init; }

    public static CommandOptions Parse(string[] arguments)
    {
        var options = new CommandOptions();
        var i = 0;
        if (arguments.Length > 0 && arguments[0] is "run" or "mutants")
        {
            options = options with { Command = arguments[i++] };
        }

        for (; i < arguments.Length; i++)
        {
            var name = arguments[i];
            var flag = name switch
            {
                "--check-determinism" => options with { CheckDeterminism = true },
                "--first-failure" => options with { FirstFailure = true },
                "--allow-zeros" => options with { AllowZeros = true },
                "--quick" => options with { Quick = true },
                _ => null,
            };
            if (flag is not null)
            {
                options = flag;
                continue;
            }

            if (i + 1 == arguments.Length)
            {
                return options with { Error = $"{name}: unknown, or its value is missing; ./dev help shows what there is" };
            }

            var text = arguments[++i];
            var isNumber = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
            var next = name switch
            {
                "--from" when isNumber => options with { From = number },
                "--seeds" when isNumber => options with { Seeds = number },
                "--seed" when isNumber => options with { Seed = (ulong)number },
                "--budget" when isNumber => options with { BudgetSeconds = (int)number },
                "--workers" when isNumber && number > 0 => options with { Workers = (int)number },
                "--log" => options with { Log = text },
                "--script" => options with { Script = text },
                "--only" => options with { Only = text },
                _ => null,
            };
            if (next is null)
            {
                return options with { Error = $"{name} {text}: unknown option, or not a number; ./dev help shows what there is" };
            }

            options = next;
        }

        return options;
    }
}
