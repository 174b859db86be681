import { resolve } from 'node:path'
import { guessReference } from '../../artifact/guess-reference.ts'
import { gather } from '../../chain/gather.ts'
import { describeEvidence } from '../../evidence/describe.ts'
import { safeText } from '../../kernel/text.ts'
import { FORMAT_TEXT_JSON, defineCommand } from '../command.ts'
import { REGISTRY_OPTIONS, openWorkspaceOf } from '../context.ts'
import { predicateWord } from '../render/verdict.ts'

/** `tally tree ARTIFACT`: all evidence on an artifact as it claims to be. Nothing is verified, and it says so. */
export const tree = defineCommand({
  name: 'tree',
  summary: 'all evidence on an artifact',
  usage: ['tally tree ARTIFACT [--from REPOSITORY]'],
  examples: [['tally tree registry.example/app@sha256:…', 'signatures, attestations, SBOMs attached to an image']],
  options: {
    bundle: { type: 'string', value: 'FILE', multiple: true, help: 'evidence in a Sigstore bundle (.json or .jsonl)' },
    from: { type: 'string', value: 'REPOSITORY', help: 'also look in this registry/repository or oci:DIR' },
    ...REGISTRY_OPTIONS,
    format: FORMAT_TEXT_JSON,
  },
  words: { min: 1, max: 1, names: 'one artifact' },
  run: async (context) => {
    const { flags, deps, terminal, cwd, words } = context
    const workspace = await openWorkspaceOf(context)
    const from = flags.text('from')
    const gathered = await gather(workspace, {
      reference: await guessReference(deps, words[0] ?? ''),
      bundles: flags.list('bundle').map((file) => resolve(cwd, file)),
      ...(from === undefined ? {} : { from }),
      dataDirectory: true,
    })
    const pieces = gathered.found.map((evidence) => ({
      digest: evidence.digest,
      form: evidence.form,
      where: evidence.where,
      size: evidence.bytes.byteLength,
      ...describeEvidence(evidence),
    }))
    if (flags.text('format') === 'json') {
      terminal.out(
        JSON.stringify(
          { schema: 'https://tallystick.dev/schemas/tree/v1', artifact: gathered.artifact, evidence: pieces, looked: gathered.looked },
          null,
          2,
        ),
      )
      return pieces.length > 0 ? 0 : 1
    }
    const lines = [`${safeText(gathered.artifact.name)} ${gathered.artifact.digest}`]
    for (const [at, piece] of pieces.entries()) {
      const last = at === pieces.length - 1
      lines.push(`${last ? '└─' : '├─'} ${predicateWord(piece.predicateType)}  ${piece.form}, ${piece.size} bytes`)
      lines.push(`${last ? '  ' : '│ '}    ${piece.digest}`, `${last ? '  ' : '│ '}    ${terminal.style('dim', safeText(piece.where))}`)
    }
    lines.push('', `${pieces.length} pieces of evidence, as they claim to be; \`tally verify\` says which of it holds`)
    terminal.out(lines.join('\n'))
    return pieces.length > 0 ? 0 : 1
  },
})
