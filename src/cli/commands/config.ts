import { findProjectFile, loadProject } from '../../chain/config.ts'
import { resolveCacheDir, resolveDataDir } from '../../store/data-dir.ts'
import { describeDatabase } from '../../store/postgres-driver.ts'
import { safeLines, safeText } from '../../kernel/text.ts'
import { FORMAT_TEXT_JSON, defineCommand } from '../command.ts'
import { stringify } from 'yaml'

/** `tally config`: every setting in force and where it came from. Secrets are never printed. */
export const config = defineCommand({
  name: 'config',
  summary: 'print the configuration in force, and where it comes from',
  usage: ['tally config [--format text|json]'],
  examples: [['tally config', 'here']],
  options: { format: FORMAT_TEXT_JSON },
  words: { min: 0, max: 0, names: 'no words' },
  run: async ({ flags, deps, terminal, cwd }) => {
    const file = await findProjectFile(deps, cwd)
    const project = file === undefined ? undefined : await loadProject(deps, cwd)
    const dataFlag = flags.text('data-dir')
    const url = deps.env['TALLY_DATABASE_URL']
    const settings = {
      dataDir: { value: resolveDataDir(deps.env, dataFlag), from: dataFlag !== undefined ? '--data-dir or TALLY_DATA_DIR' : 'default' },
      cacheDir: { value: resolveCacheDir(deps.env), from: deps.env['TALLY_CACHE_DIR'] === undefined ? 'default' : 'TALLY_CACHE_DIR' },
      database:
        url === undefined || url === ''
          ? { value: 'embedded (SQLite in the data directory)', from: 'default' }
          : { value: describeDatabase(url), from: 'TALLY_DATABASE_URL' },
      project: { value: file ?? null, from: file === undefined ? 'no tally.yaml here or above' : 'tally.yaml' },
      // Names only: what is in them may be secret.
      variables: { value: variablesOf(deps.env).join(', ') || null, from: 'the environment' },
    }
    if (flags.text('format') === 'json') {
      terminal.out(JSON.stringify({ ...settings, tallyYaml: project?.config ?? null }, null, 2))
      return 0
    }
    for (const [name, { value, from }] of Object.entries(settings))
      terminal.out(`${name.padEnd(10)} ${safeText(value ?? 'none')}  ${terminal.style('dim', `(${from})`)}`)
    if (project !== undefined) terminal.out(`\n${safeLines(stringify(project.config).trimEnd())}`)
    return 0
  },
})

function variablesOf(env: Readonly<Record<string, string | undefined>>): readonly string[] {
  return Object.keys(env)
    .filter((name) => name.startsWith('TALLY_') && env[name] !== '')
    .toSorted()
}
