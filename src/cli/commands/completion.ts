import { COMMANDS } from '../command-table.ts'
import { GLOBAL_OPTIONS, defineCommand } from '../command.ts'
import { fail } from '../../kernel/errors.ts'

const SHELLS = ['bash', 'zsh', 'fish'] as const

/** `tally completion SHELL`: a script made from the command table, so it can never name a flag that is not there. */
export const completion = defineCommand({
  name: 'completion',
  summary: 'completion for bash, zsh or fish',
  usage: ['tally completion bash|zsh|fish'],
  examples: [
    ['source <(tally completion bash)', 'in this shell'],
    ['tally completion fish > ~/.config/fish/completions/tally.fish', 'for good'],
  ],
  options: {},
  words: { min: 1, max: 1, names: 'a shell: bash, zsh or fish' },
  run: async ({ words, terminal }) => {
    const shell = SHELLS.find((each) => each === words[0])
    if (shell === undefined)
      throw fail('usage', 'is no shell tally completes for', { where: words[0] ?? '', hint: `one of ${SHELLS.join(', ')}` })
    const flags = await flagsByCommand()
    terminal.out(shell === 'bash' ? bash(flags) : shell === 'zsh' ? zsh(flags) : fish(flags))
    return 0
  },
})

type FlagsByCommand = ReadonlyMap<string, readonly string[]>

async function flagsByCommand(): Promise<FlagsByCommand> {
  const flags = new Map<string, readonly string[]>()
  for (const [name, entry] of Object.entries(COMMANDS)) {
    const command = await entry.load()
    flags.set(
      name,
      [...Object.keys(command.options), ...Object.keys(GLOBAL_OPTIONS)].map((flag) => `--${flag}`),
    )
  }
  return flags
}

function bash(flags: FlagsByCommand): string {
  const cases = [...flags].map(([name, list]) => `    ${name}) COMPREPLY=($(compgen -W "${list.join(' ')}" -- "$word")) ;;`)
  return `_tally() {
  local word="\${COMP_WORDS[COMP_CWORD]}"
  if [ "$COMP_CWORD" -eq 1 ]; then COMPREPLY=($(compgen -W "${[...flags.keys()].join(' ')}" -- "$word")); return; fi
  case "$word" in -*) ;; *) COMPREPLY=($(compgen -f -- "$word")); return ;; esac
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
  esac
}
complete -o filenames -F _tally tally`
}

function zsh(flags: FlagsByCommand): string {
  const names = Object.entries(COMMANDS).map(([name, entry]) => `'${name}:${entry.summary.replaceAll("'", '')}'`)
  const cases = [...flags].map(([name, list]) => `    ${name}) compadd -- ${list.join(' ')} ;;`)
  return `#compdef tally
_tally() {
  local -a commands; commands=(${names.join(' ')})
  if (( CURRENT == 2 )); then _describe command commands; return; fi
  if [[ "$words[CURRENT]" != -* ]]; then _files; return; fi
  case "$words[2]" in
${cases.join('\n')}
  esac
}
compdef _tally tally`
}

function fish(flags: FlagsByCommand): string {
  const lines = ['complete -c tally -n __fish_use_subcommand -f']
  for (const [name, entry] of Object.entries(COMMANDS)) {
    lines.push(`complete -c tally -n __fish_use_subcommand -f -a ${name} -d '${entry.summary.replaceAll("'", '')}'`)
    for (const flag of flags.get(name) ?? []) lines.push(`complete -c tally -n '__fish_seen_subcommand_from ${name}' -l ${flag.slice(2)}`)
  }
  return lines.join('\n')
}
