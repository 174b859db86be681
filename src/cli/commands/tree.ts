import { resolve } from 'node:path'
import { guessReference } from '../../artifact/guess-reference.ts'
import { gather } from '../../chain/gather.ts'
import { describeEvidence } from '../../evidence/describe.ts'
import type { Claim } from '../../evidence/describe.ts'
import type { UnverifiedEvidence } from '../../evidence/evidence.ts'
import { countOf, safeText } from '../../kernel/text.ts'
import { shortDigests } from '../render/layout.ts'
import type { Terminal } from '../terminal.ts'
import { FORMAT_TEXT_JSON, defineCommand } from '../command.ts'
import { REFUSED_LOOKING } from '../cosign-flags.ts'
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
  refused: REFUSED_LOOKING,
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
    terminal.out([safeText(gathered.artifact.name), gathered.artifact.digest, ...branches(pieces, terminal)].join('\n'))
    for (const each of gathered.unreadable)
      terminal.out(`${terminal.style('red', 'unreadable')} ${shortDigests(safeText(each.where))}: ${safeText(each.error.message)}`)
    const kinds = new Set(pieces.map((piece) => piece.digest)).size
    terminal.out(`\n${countOf(kinds, 'piece')} of evidence, as they claim to be; \`tally verify\` says which hold`)
    return pieces.length > 0 ? 0 : 1
  },
})

type Piece = Pick<UnverifiedEvidence, 'digest' | 'form' | 'where'> & Claim & { readonly size: number }

/** One branch for each piece, however many places it was found in; the places below it. */
function branches(pieces: readonly Piece[], terminal: Terminal): string[] {
  const byDigest = [...Map.groupBy(pieces, (piece) => piece.digest).values()]
  return byDigest.flatMap((same, at) => {
    const [first] = same
    if (first === undefined) return []
    const last = at === byDigest.length - 1
    const stem = last ? '   ' : '│  '
    const places = [...new Set(same.map((piece) => piece.where.replace(/@sha256:[0-9a-f]{64}$/, '')))]
    return [
      `${last ? '└─' : '├─'} ${predicateWord(first.predicateType)} (${first.form.replace('-', ' ')}, ${countOf(first.size, 'byte')})`,
      ...(first.problem === undefined ? [] : [`${stem}${terminal.style('red', safeText(first.problem))}`]),
      `${stem}${first.digest}`,
      ...places.map((place) => `${stem}${terminal.style('dim', `in ${safeText(place)}`)}`),
    ]
  })
}
