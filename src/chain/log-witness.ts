import { z } from 'zod'
import { guessReference } from '../artifact/guess-reference.ts'
import { ANNOTATION } from '../evidence/evidence.ts'
import { parseLogProof } from '../evidence/log-entry.ts'
import { textOf, utf8 } from '../kernel/bytes.ts'
import { fail } from '../kernel/errors.ts'
import { parseJson } from '../kernel/json.ts'
import { readFileBounded } from '../kernel/read-file.ts'
import { gather } from './gather.ts'
import type { Workspace } from './workspace.ts'

/** What somebody kept of a log: a signed checkpoint. */
export type Witness = { readonly checkpoint: string }

const receiptSchema = z.looseObject({ log: z.looseObject({ checkpoint: z.string() }) })
const proofsSchema = z.record(z.string(), z.looseObject({ checkpoint: z.string() }))

/**
 * The checkpoints in what somebody kept: a `ship` receipt, a `.proof.json`, a bare checkpoint, or a reference whose
 * evidence carries log proofs. Throws `no-evidence` when it holds none.
 */
export async function readLogWitness(workspace: Workspace, path: string, text: string): Promise<readonly Witness[]> {
  const there = await workspace.deps.fs.stat(path).catch(() => undefined)
  const witnesses = there?.isFile() === true ? await fromFile(workspace, path, text) : await fromReference(workspace, text)
  if (witnesses.length === 0)
    throw fail('no-evidence', 'holds no checkpoint to compare with', {
      where: text,
      hint: 'give a `ship --format json` receipt, a .proof.json file, or a reference',
    })
  return witnesses
}

async function fromFile(workspace: Workspace, path: string, where: string): Promise<readonly Witness[]> {
  const bytes = await readFileBounded(workspace.deps, path, 'bundleBytes')
  const text = textOf(bytes, 'evidence-malformed', where)
  if (!text.trimStart().startsWith('{')) {
    if (text.includes('\n\n\u2014 ')) return [{ checkpoint: text }]
    return await fromReference(workspace, where)
  }
  const json = parseJson(bytes, where)
  const receipt = receiptSchema.safeParse(json)
  if (receipt.success) return [{ checkpoint: receipt.data.log.checkpoint }]
  const proofs = proofsSchema.safeParse(json)
  return proofs.success ? Object.values(proofs.data).map(({ checkpoint }) => ({ checkpoint })) : []
}

async function fromReference(workspace: Workspace, text: string): Promise<readonly Witness[]> {
  const { found } = await gather(workspace, { reference: await guessReference(workspace.deps, text), bundles: [], dataDirectory: false })
  return found.flatMap((evidence) => {
    const claim = evidence.annotations[ANNOTATION.logProof]
    return claim === undefined ? [] : [{ checkpoint: parseLogProof(parseJson(utf8(claim), evidence.where), evidence.where).checkpoint }]
  })
}
