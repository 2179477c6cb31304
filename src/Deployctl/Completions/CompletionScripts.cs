namespace Slipway.Deployctl.Completions;

/// <summary>What each shell needs to ask this program for completions.</summary>
internal static class CompletionScripts
{
    private const string Bash =
        """
        # bash completion for deployctl
        _deployctl() {
            local IFS=$'\n' current="${COMP_WORDS[COMP_CWORD]}"
            local found="$(deployctl complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)"
            COMPREPLY=($(compgen -W "$found" -- "$current"))
        }
        complete -o default -F _deployctl deployctl

        """;

    private const string Zsh =
        """
        #compdef deployctl
        # zsh completion for deployctl
        _deployctl() {
            local -a found
            found=("${(@f)$(deployctl complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
            if [[ -n "${found[1]}" ]]; then compadd -a found; else _files; fi
        }
        if [[ "${funcstack[1]}" == _deployctl ]]; then _deployctl "$@"; else compdef _deployctl deployctl; fi

        """;

    private const string Fish =
        """
        # fish completion for deployctl
        function __deployctl_complete
            set -l words (commandline -opc) (commandline -ct)
            deployctl complete -- $words[2..] 2>/dev/null
        end
        complete -c deployctl -a '(__deployctl_complete)'

        """;

    public static string For(string shell) => shell switch
    {
        "bash" => Bash,
        "zsh" => Zsh,
        "fish" => Fish,
        _ => throw new ArgumentOutOfRangeException(nameof(shell), shell, "There is no such script."),
    };
}
