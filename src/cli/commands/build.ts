import { join, resolve } from 'node:path'
import { COMMAND_BUILD, LOCAL_BUILDER, provenancePredicate } from '../../build/provenance.ts'
import { recordBuild } from '../../build/record.ts'
import { toHex, utf8 } from '../../kernel/bytes.ts'
import { writeFileAtomic } from '../../kernel/atomic-file.ts'
import { fail } from '../../kernel/errors.ts'
import { safeText } from '../../kernel/text.ts'
import { VERSION } from '../../kernel/version.ts'
import { FORMAT_TEXT_JSON, defineCommand } from '../command.ts'

/** `tally build -- CMD`: runs a build with an allow-listed environment and writes its provenance predicate. */
export const build = defineCommand({
  name: 'build',
  summary: 'run a build and record its provenance',
  usage: ['tally build --out DIR --output GLOB [--provenance FILE] -- COMMAND…'],
  examples: [
    ['tally build --out out --output "*.tgz" --provenance provenance.json -- npm pack --pack-destination out', 'record how it was made'],
    ['tally attest out/app-1.0.0.tgz --predicate provenance.json --type slsaprovenance1', 'then sign it'],
  ],
  options: {
    out: { type: 'string', value: 'DIR', help: 'directory the build writes to; the build sees it as $TALLY_OUT', default: 'dist' },
    output: { type: 'string', value: 'GLOB', multiple: true, help: 'which files there are outputs', default: '*' },
    env: { type: 'string', value: 'NAME', multiple: true, help: 'a variable let through beside the standard ones' },
    provenance: { type: 'string', value: 'FILE', help: 'where the SLSA v1 predicate goes', default: 'stdout' },
    lockfile: { type: 'string', value: 'FILE', multiple: true, help: 'lockfile recorded as a resolved dependency' },
    format: FORMAT_TEXT_JSON,
  },
  words: { min: 0, max: 0, names: 'the command after --' },
  takesRest: true,
  run: async ({ rest, flags, deps, terminal, cwd }) => {
    if (rest.length === 0)
      throw fail('usage', 'has no command to run', {
        where: 'tally build',
        hint: 'tally build --out out --output "*.tgz" -- npm pack --pack-destination out',
      })
    const outDir = resolve(cwd, flags.text('out') ?? 'dist')
    await deps.fs.mkdir(outDir, { recursive: true })
    const outputs = flags.list('output').length > 0 ? flags.list('output') : ['*']
    const record = await recordBuild(deps, {
      projectDir: cwd,
      run: rest.length === 1 ? (rest[0] ?? '') : rest.map(shellQuote).join(' '),
      env: flags.list('env'),
      outputs: outputs.map((glob) => (glob.startsWith('$TALLY_OUT/') ? glob : `$TALLY_OUT/${glob}`)),
      lockfiles: flags.list('lockfile'),
      outDir,
      onOutput: (_stream, bytes) => {
        for (const line of new TextDecoder().decode(bytes).trimEnd().split('\n')) if (!flags.on('quiet')) terminal.note(safeText(line))
      },
    })
    const predicate = provenancePredicate(record, {
      builderId: LOCAL_BUILDER,
      buildType: COMMAND_BUILD,
      toolVersion: VERSION,
      invocationId: toHex(deps.randomBytes(16)),
    })
    const text = `${JSON.stringify(predicate, null, 2)}\n`
    const file = flags.text('provenance')
    if (file === undefined) terminal.out(text)
    else {
      await writeFileAtomic(deps, resolve(cwd, file), utf8(text))
      if (flags.text('format') === 'json') terminal.out(JSON.stringify({ outputs: record.outputs, provenance: file }))
      else
        for (const output of record.outputs) terminal.out(`${output.digest}  ${join(flags.text('out') ?? 'dist', safeText(output.name))}`)
    }
    return 0
  },
})

function shellQuote(word: string): string {
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
