namespace Starling.Cli.Completion;

/// <summary><c>ais completion bash|zsh|fish</c>: prints the script that the shell sources.</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        # bash completion of ais; use: source <(ais completion bash)
        COMP_WORDBREAKS=${COMP_WORDBREAKS//:}
        _ais_complete() {
            local IFS=$'\n'
            COMPREPLY=($("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
            if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == */ ]]; then
                compopt -o nospace 2>/dev/null
            fi
        }
        # Candidates keep their order; shells before 4.4 can only sort them.
        complete -o nosort -o bashdefault -o default -F _ais_complete ais 2>/dev/null || complete -o bashdefault -o default -F _ais_complete ais
        """;

    private const string Zsh = """
        #compdef ais
        # zsh completion of ais; use: source <(ais completion zsh)
        _ais() {
            local -a candidates
            candidates=("${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
            candidates=(${candidates:#})
            if (( ${#candidates} )); then
                compadd -Q -- "${candidates[@]}"
            else
                _files
            fi
        }
        compdef _ais ais
        """;

    private const string Fish = """
        # fish completion of ais; use: ais completion fish | source
        function __ais_complete
            set -l words (commandline -opc) (commandline -ct)
            $words[1] __complete $words[2..-1] 2>/dev/null
        end
        complete -c ais -f -a '(__ais_complete)'
        """;

    public static CliCommand Build() =>
        new CliCommand("completion", "print the completion script of a shell", "bash|zsh|fish") { Run = Run }.Takes();

    private static Task<int> Run(CliSession session)
    {
        var shell = session.Argument(0, "bash|zsh|fish");
        session.AtMost(1);
        session.Out.WriteLine(shell switch
        {
            "bash" => Bash,
            "zsh" => Zsh,
            "fish" => Fish,
            _ => throw new UsageException($"no completion for \"{shell}\": expecting one of bash, zsh, fish"),
        });
        return Task.FromResult(ExitCode.Ok);
    }
}
