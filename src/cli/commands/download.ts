import { dirname, join, resolve } from 'node:path'
import { guessReference } from '../../artifact/guess-reference.ts'
import { gather } from '../../chain/gather.ts'
import { describeEvidence } from '../../evidence/describe.ts'
import { predicateTypeOf } from '../../evidence/predicates/index-table.ts'
import { ANNOTATION, PREDICATE } from '../../evidence/evidence.ts'
import type { UnverifiedEvidence } from '../../evidence/evidence.ts'
import { parseLogProof } from '../../evidence/log-entry.ts'
import type { LogProof } from '../../evidence/log-proof.ts'
import { addToSidecar, writeSidecar } from '../../evidence/sidecar.ts'
import { utf8 } from '../../kernel/bytes.ts'
import { hexOf } from '../../kernel/digest.ts'
import { TallyError, fail } from '../../kernel/errors.ts'
import { parseJson } from '../../kernel/json.ts'
import { countOf, safeText } from '../../kernel/text.ts'
import { defineCommand } from '../command.ts'
import type { Context } from '../command.ts'
import { REFUSED_LOOKING } from '../cosign-flags.ts'
import { REGISTRY_OPTIONS, openWorkspaceOf } from '../context.ts'

/** `tally download ARTIFACT`: evidence byte for byte as it is stored, one bundle a line, or one file each. */
export const download = defineCommand({
  name: 'download',
  summary: 'fetch evidence as it is stored',
  usage: ['tally download [signature|attestation|sbom] ARTIFACT [--type TYPE] [--from REPOSITORY] [--to DIR|FILE.jsonl]'],
  examples: [
    ['tally download registry.example/app@sha256:… > app.sigstore.jsonl', 'all of it, one bundle a line'],
    ['tally download app.tgz --to app.tgz.sigstore.jsonl', 'with the log proofs: app.tgz can then be verified anywhere'],
    ['tally download registry.example/app@sha256:… --type cyclonedx --to evidence', 'the SBOMs, one file each'],
    ['tally download attestation registry.example/app@sha256:…', 'the attestations only, in cosign’s words'],
  ],
  options: {
    type: { type: 'string', value: 'TYPE', help: 'only this predicate type: an alias or a URI' },
    from: { type: 'string', value: 'REPOSITORY', help: 'also look in this registry/repository or oci:DIR' },
    to: {
      type: 'string',
      value: 'DIR|FILE.jsonl',
      help: 'write one file each into DIR, or all into FILE.jsonl, with their log proofs beside them',
    },
    'predicate-type': { type: 'string', value: 'TYPE', help: 'the same, by cosign’s name', noEnv: true },
    ...REGISTRY_OPTIONS,
  },
  refused: REFUSED_LOOKING,
  words: { min: 1, max: 2, names: 'one artifact, and what of it: signature, attestation or sbom' },
  run: async (context) => {
    const { flags, deps, terminal, cwd, words } = context
    const workspace = await openWorkspaceOf(context)
    const from = flags.text('from')
    const reference = words.at(-1) ?? ''
    const isKind = words.length === 2 ? kindOf(words[0] ?? '') : () => true
    const wanted = wantedType(context)
    const gathered = await gather(workspace, {
      reference: await guessReference(deps, reference),
      bundles: [],
      ...(from === undefined ? {} : { from }),
      dataDirectory: true,
    })
    const chosen = gathered.found.filter((evidence) => {
      const { predicateType } = describeEvidence(evidence)
      return isKind(predicateType) && (wanted === undefined || predicateType === wanted)
    })
    if (chosen.length === 0) {
      const kind = words.length === 2 ? words[0] : 'evidence'
      throw fail('no-evidence', wanted === undefined ? `has no ${kind}` : `has no ${kind} of type ${wanted}`, {
        where: gathered.artifact.digest,
        hint: 'see `tally tree` for what is there',
      })
    }
    const dir = flags.text('to')
    if (dir === undefined) {
      // What lies in several places is one piece.
      for (const evidence of new Map(chosen.map((each) => [each.digest, each])).values()) {
        if (evidence.bytes.includes(0x0a))
          throw fail('usage', 'holds a line break and cannot be one line of many', { where: evidence.digest, hint: 'use --to DIR' })
        terminal.outBytes(evidence.bytes)
        terminal.outBytes(utf8('\n'))
      }
      return 0
    }
    const path = resolve(cwd, dir)
    await deps.fs.mkdir(path.endsWith('.jsonl') ? dirname(path) : path, { recursive: true })
    for (const evidence of chosen) {
      const file = path.endsWith('.jsonl') ? path : join(path, `${hexOf(evidence.digest).slice(0, 16)}.sigstore.json`)
      await (file === path ? addToSidecar : writeSidecar)(deps, file, evidence.bytes, proofOf(evidence))
      if (file !== path) terminal.out(safeText(file))
    }
    if (path.endsWith('.jsonl')) terminal.out(`${safeText(path)}: ${countOf(chosen.length, 'piece')} of evidence`)
    return 0
  },
})

/** What cosign's words for kinds of evidence mean. */
const KINDS: Readonly<Record<string, (predicateType: string) => boolean>> = {
  signature: (type) => type === PREDICATE.signature,
  attestation: (type) => type !== PREDICATE.signature,
  sbom: (type) => type === PREDICATE.spdx || type === PREDICATE.cyclonedx,
}

function kindOf(word: string): (predicateType: string) => boolean {
  const kind = Object.hasOwn(KINDS, word) ? KINDS[word] : undefined
  if (kind !== undefined) return kind
  throw fail('usage', `is none of ${Object.keys(KINDS).join(', ')}`, { where: `tally download ${safeText(word)}` })
}

function wantedType({ flags }: Context): string | undefined {
  const [type, same] = [flags.text('type'), flags.text('predicate-type')]
  if (type !== undefined && same !== undefined) throw fail('usage', 'and --type say the same thing twice', { where: '--predicate-type' })
  const given = type ?? same
  return given === undefined ? undefined : predicateTypeOf(given)
}

/** The log proof that came with evidence, which goes beside it: a bundle has no place for it. One that cannot be read is left behind. */
function proofOf({ annotations, where }: UnverifiedEvidence): LogProof | undefined {
  const claim = annotations[ANNOTATION.logProof]
  try {
    return claim === undefined ? undefined : parseLogProof(parseJson(utf8(claim), where), where)
  } catch (error) {
    if (error instanceof TallyError && error.code !== 'bug') return undefined
    throw error
  }
}
