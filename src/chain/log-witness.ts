import { z } from 'zod'
import { guessReference } from '../artifact/guess-reference.ts'
import { ANNOTATION } from '../evidence/evidence.ts'
import { parseLogProof } from '../evidence/log-entry.ts'
import { textOf, utf8 } from '../kernel/bytes.ts'
import type { Deps } from '../kernel/deps.ts'
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

/** What is neither JSON nor a checkpoint is an artifact, with its evidence beside it. Its size is then no reason to refuse it. */
async function fromFile(workspace: Workspace, path: string, where: string): Promise<readonly Witness[]> {
  const start = await readStart(workspace.deps, path)
  const isJson = start.trimStart().startsWith('{')
  if (!isJson && !start.includes('\n\n\u2014 ')) return await fromReference(workspace, path)
  const bytes = await readFileBounded(workspace.deps, path, 'bundleBytes')
  if (!isJson) return [{ checkpoint: textOf(bytes, 'evidence-malformed', where) }]
  const json = parseJson(bytes, where)
  const receipt = receiptSchema.safeParse(json)
  if (receipt.success) return [{ checkpoint: receipt.data.log.checkpoint }]
  const proofs = proofsSchema.safeParse(json)
  return proofs.success ? Object.values(proofs.data).map(({ checkpoint }) => ({ checkpoint })) : []
}

async function readStart(deps: Pick<Deps, 'fs'>, path: string): Promise<string> {
  const handle = await deps.fs.open(path, 'r')
  try {
    const buffer = new Uint8Array(4096)
    const { bytesRead } = await handle.read(buffer, 0, buffer.byteLength, 0)
    return new TextDecoder().decode(buffer.subarray(0, bytesRead))
  } finally {
    await handle.close()
  }
}

async function fromReference(workspace: Workspace, text: string): Promise<readonly Witness[]> {
  const { found } = await gather(workspace, { reference: await guessReference(workspace.deps, text), bundles: [], dataDirectory: false })
  return found.flatMap((evidence) => {
    const claim = evidence.annotations[ANNOTATION.logProof]
    return claim === undefined ? [] : [{ checkpoint: parseLogProof(parseJson(utf8(claim), evidence.where), evidence.where).checkpoint }]
  })
}
