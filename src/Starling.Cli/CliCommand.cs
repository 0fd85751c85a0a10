using System.CommandLine;

namespace Starling.Cli;

/// <summary>Which live names an argument takes; the shell completion asks the cluster for them.</summary>
internal enum Candidates
{
    /// <summary>None: free text or files.</summary>
    None,

    /// <summary>Any node.</summary>
    Nodes,

    /// <summary>Nodes in service.</summary>
    ActiveNodes,

    /// <summary>Nodes in maintenance or on their way out.</summary>
    InactiveNodes,

    /// <summary>Kinds and ids of running jobs.</summary>
    Jobs,

    /// <summary>Gateways.</summary>
    Gateways,

    /// <summary>Buckets.</summary>
    Buckets,

    /// <summary>Sections of the configuration.</summary>
    ConfigSections,

    /// <summary>Names and properties of an existing bucket are not completed, its file is.</summary>
    Files,
}

/// <summary>A command of the tree: what help, completion and the parser know about it, and what it does.</summary>
internal sealed class CliCommand : Command
{
    private readonly List<Candidates> candidates = [];

    public CliCommand(string name, string description, string usage = "")
        : base(name, description)
    {
        Usage = usage;

        // The parser takes a command without an action for a mere group; what runs is decided here, after the parse.
        SetAction(static _ => ExitCode.Ok);
    }

    /// <summary>The arguments as help shows them, for example <c>BUCKET[/PREFIX]</c>.</summary>
    public string Usage { get; }

    /// <summary>What it does; null for a group of commands.</summary>
    public Func<CliSession, Task<int>>? Run { get; init; }

    /// <summary>What its arguments can be completed with.</summary>
    public IReadOnlyList<Candidates> ArgumentCandidates => candidates;

    /// <summary>The whole path, for example <c>ais bucket create</c>.</summary>
    public string Path => Parents.OfType<CliCommand>().FirstOrDefault() is { } parent ? $"{parent.Path} {Name}" : Name;

    /// <summary>Accepts positional arguments, all optional to the parser: the command checks them, with better messages.</summary>
    public CliCommand Takes(params Candidates[] completedWith)
    {
        Add(new Argument<string[]>("arguments") { Arity = ArgumentArity.ZeroOrMore });
        candidates.AddRange(completedWith);
        return this;
    }

    public CliCommand With(params Option[] options)
    {
        foreach (var option in options)
        {
            Add(option);
        }

        return this;
    }

    public CliCommand With(params CliCommand[] commands)
    {
        foreach (var command in commands)
        {
            Add(command);
        }

        return this;
    }
}
