import { dirname, join, resolve } from 'node:path'
import { guessReference } from '../../artifact/guess-reference.ts'
import { gather } from '../../chain/gather.ts'
import { describeEvidence } from '../../evidence/describe.ts'
import { predicateTypeOf } from '../../evidence/predicates/index-table.ts'
import { ANNOTATION } from '../../evidence/evidence.ts'
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
import { REGISTRY_OPTIONS, openWorkspaceOf } from '../context.ts'

/** `tally download ARTIFACT`: evidence byte for byte as it is stored, one bundle a line, or one file each. */
export const download = defineCommand({
  name: 'download',
  summary: 'fetch evidence as it is stored',
  usage: ['tally download ARTIFACT [--type TYPE] [--from REPOSITORY] [--to DIR|FILE.jsonl]'],
  examples: [
    ['tally download registry.example/app@sha256:… > app.sigstore.jsonl', 'all of it, one bundle a line'],
    ['tally download app.tgz --to app.tgz.sigstore.jsonl', 'with the log proofs: app.tgz can then be verified anywhere'],
    ['tally download registry.example/app@sha256:… --type cyclonedx --to evidence', 'the SBOMs, one file each'],
  ],
  options: {
    type: { type: 'string', value: 'TYPE', help: 'only this predicate type: an alias or a URI' },
    from: { type: 'string', value: 'REPOSITORY', help: 'also look in this registry/repository or oci:DIR' },
    to: {
      type: 'string',
      value: 'DIR|FILE.jsonl',
      help: 'write one file each into DIR, or all into FILE.jsonl, with their log proofs beside them',
    },
    ...REGISTRY_OPTIONS,
  },
  words: { min: 1, max: 1, names: 'one artifact' },
  run: async (context) => {
    const { flags, deps, terminal, cwd, words } = context
    const workspace = await openWorkspaceOf(context)
    const from = flags.text('from')
    const type = flags.text('type')
    const wanted = type === undefined ? undefined : predicateTypeOf(type)
    const gathered = await gather(workspace, {
      reference: await guessReference(deps, words[0] ?? ''),
      bundles: [],
      ...(from === undefined ? {} : { from }),
      dataDirectory: true,
    })
    const chosen = gathered.found.filter((evidence) => wanted === undefined || describeEvidence(evidence).predicateType === wanted)
    if (chosen.length === 0)
      throw fail('no-evidence', wanted === undefined ? 'has no evidence' : `has no evidence of type ${wanted}`, {
        where: gathered.artifact.digest,
        hint: 'see `tally tree` for what is there',
      })
    const dir = flags.text('to')
    if (dir === undefined) {
      for (const evidence of chosen) {
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
