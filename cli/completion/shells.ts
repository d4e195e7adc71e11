// The few lines that each shell needs to ask this program what could stand where the cursor is. They know no command and no option,
// and so need no change when those do. What was typed is passed on as it is, and never evaluated.

/** Asked by the shells: the words of the line follow. Answers one candidate a line, with its description after a TAB. */
export const requestWord = '__complete'

/** A line of the answer that stands for the names of files. */
export const fileLine = ':file'

export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

const bash = `# For bash: source <(rollcall completion bash)
_rollcall() {
  local line words before=\${COMP_LINE:0:COMP_POINT}
  read -ra words <<<"$before"
  [[ $before == *[[:space:]] ]] && words+=('')
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == ${fileLine} ]]; then compopt -o default; else COMPREPLY+=("\${line%%$'\\t'*}"); fi
  done < <("\${words[0]}" ${requestWord} "\${words[@]:1}" 2>/dev/null)
}
complete -F _rollcall rollcall`

const zsh = `#compdef rollcall
# For zsh: source <(rollcall completion zsh), after compinit; or as the file _rollcall in a folder of fpath.
_rollcall() {
  local line
  local -a values shown
  while IFS= read -r line; do
    if [[ $line == ${fileLine} ]]; then
      _files
    else
      values+=("\${line%%$'\\t'*}")
      shown+=("\${line%%$'\\t'*}  \${line#*$'\\t'}")
    fi
  done < <("\${words[1]}" ${requestWord} "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( $#values )); then compadd -l -d shown -a -- values; fi
}
if [[ $funcstack[1] == _rollcall ]]; then _rollcall "$@"; else compdef _rollcall rollcall; fi`

const fish = `# For fish: rollcall completion fish > ~/.config/fish/completions/rollcall.fish
function __rollcall_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    for line in ($words[1] ${requestWord} $words[2..-1] "$current" 2>/dev/null)
        if test "$line" = ${fileLine}
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
complete -c rollcall -f -a '(__rollcall_complete)'`

const scripts: Readonly<Record<Shell, string>> = Object.freeze({ bash, zsh, fish })

export function scriptFor(shell: Shell): string {
  return scripts[shell]
}
