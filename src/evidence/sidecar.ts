import { writeFileAtomic } from '../kernel/atomic-file.ts'
import { concatBytes, utf8 } from '../kernel/bytes.ts'
import type { Deps } from '../kernel/deps.ts'
import { digestOf } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import { TallyError } from '../kernel/errors.ts'
import { canonicalBytes, parseJson } from '../kernel/json.ts'
import { readFileBounded, readFileIfThere } from '../kernel/read-file.ts'
import { anything, readBy, record } from '../kernel/reader.ts'
import { collectEvidence } from './collect.ts'
import type { Collector, Found } from './collect.ts'
import { ANNOTATION } from './evidence.ts'
import { logProofText, parseLogProof } from './log-entry.ts'
import type { LogProof } from './log-proof.ts'
import { npmAttestations } from './npm-attestations.ts'

/** Where evidence of a file lies beside it, in the order it is looked for. */
export function sidecarPathsOf(file: string): readonly [one: string, many: string] {
  return [`${file}.sigstore.json`, `${file}.sigstore.jsonl`]
}

/** Evidence in the files beside a file: `<file>.sigstore.json` and `<file>.sigstore.jsonl`. A missing one is only said. */
export async function findSidecars(deps: Pick<Deps, 'fs'>, file: string): Promise<Found> {
  const into = collectEvidence()
  for (const path of sidecarPathsOf(file)) {
    await into.attempt(path, async () => {
      try {
        await collectFile(deps, path, into)
        into.look(`${path}: there`)
      } catch (error) {
        if (!(error instanceof TallyError) || error.code !== 'not-found') throw error
        into.look(`${path}: none`)
      }
    })
  }
  return into.result()
}

/**
 * Evidence in a bundle file somebody named: one bundle, one in each line when the name ends in `.jsonl`, or npm's list of
 * attestations. In: its bytes, where they were read before. Throws `not-found` when it is not there.
 */
export async function readSidecar(deps: Pick<Deps, 'fs'>, path: string, bytes?: Uint8Array): Promise<Found> {
  const into = collectEvidence()
  await collectFile(deps, path, into, bytes)
  into.look(`${path}: there`)
  return into.result()
}

/**
 * Adds a bundle, and its log proof, to a `.jsonl` sidecar. A bundle that is there already is not written again. Readers see the
 * old files or the new ones. Several writers of one file must hold a lock of their own.
 */
export async function addToSidecar(
  deps: Pick<Deps, 'fs' | 'randomBytes'>,
  path: string,
  bundle: Uint8Array,
  logProof?: LogProof,
): Promise<void> {
  const stored = await readFileIfThere(deps, path, 'evidenceBytes')
  const lines = linesOf(stored ?? new Uint8Array(0))
  const digest = digestOf(bundle)
  if (logProof !== undefined) {
    // Proofs first: a proof without its bundle is harmless, a bundle without its proof would look unlogged.
    const proofs = await readProofs(deps, path)
    await writeFileAtomic(deps, proofPathOf(path), canonicalBytes({ ...Object.fromEntries(proofs), [digest]: logProof }))
  }
  if (lines.some((line) => digestOf(line) === digest)) return
  await writeFileAtomic(deps, path, concatBytes([...lines, bundle].flatMap((line) => [line, utf8('\n')])))
}

/** Writes a bundle file that holds this one bundle, and its log proof beside it. What was in the two before is gone. */
export async function writeSidecar(
  deps: Pick<Deps, 'fs' | 'randomBytes'>,
  path: string,
  bundle: Uint8Array,
  logProof?: LogProof,
): Promise<void> {
  if (logProof === undefined) await deps.fs.rm(proofPathOf(path), { force: true })
  else await writeFileAtomic(deps, proofPathOf(path), canonicalBytes({ [digestOf(bundle)]: logProof }))
  await writeFileAtomic(deps, path, bundle)
}

/** Where the log proofs of a bundle file lie: `<bundle file>.proof.json`. */
export function proofPathOf(bundlePath: string): string {
  return `${bundlePath}.proof.json`
}

async function collectFile(deps: Pick<Deps, 'fs'>, path: string, into: Collector, read?: Uint8Array): Promise<void> {
  const bytes = read ?? (await readFileBounded(deps, path, 'evidenceBytes'))
  let proofs: ReadonlyMap<Digest, LogProof> = new Map()
  await into.attempt(proofPathOf(path), async () => {
    proofs = await readProofs(deps, path)
  })
  for (const piece of path.endsWith('.jsonl') ? linesOf(bytes) : (npmAttestations(bytes, path) ?? [bytes])) {
    const proof = proofs.get(digestOf(piece))
    into.keep({
      form: 'bundle',
      bytes: piece,
      where: path,
      annotations: proof === undefined ? {} : { [ANNOTATION.logProof]: logProofText(proof) },
    })
  }
}

function linesOf(bytes: Uint8Array): readonly Uint8Array[] {
  const lines: Uint8Array[] = []
  let start = 0
  while (start < bytes.byteLength) {
    const newline = bytes.indexOf(0x0a, start)
    const end = newline === -1 ? bytes.byteLength : newline
    const line = bytes.subarray(start, bytes[end - 1] === 0x0d ? end - 1 : end)
    if (line.byteLength > 0) lines.push(line)
    start = end + 1
  }
  return lines
}

const proofsByDigest = record(anything)

async function readProofs(deps: Pick<Deps, 'fs'>, bundlePath: string): Promise<ReadonlyMap<Digest, LogProof>> {
  const path = proofPathOf(bundlePath)
  const bytes = await readFileIfThere(deps, path, 'evidenceBytes')
  if (bytes === undefined) return new Map()
  const read = readBy(proofsByDigest, parseJson(bytes, path), path)
  return new Map(Object.entries(read).map(([digest, proof]) => [digest as Digest, parseLogProof(proof, path)]))
}
