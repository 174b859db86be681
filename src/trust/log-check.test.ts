import { describe, expect, test } from 'vitest'
import { toBase64, utf8 } from '../kernel/bytes.ts'
import { digestOf } from '../kernel/digest.ts'
import { ANNOTATION } from '../evidence/evidence.ts'
import type { UnverifiedEvidence } from '../evidence/evidence.ts'
import { logEntryOf, logProofText } from '../evidence/log-entry.ts'
import type { LogEntry, LogProof } from '../evidence/log-proof.ts'
import { checkpointText } from '../ledger/checkpoint.ts'
import { entryBytes } from '../ledger/entry.ts'
import { leafHash } from '../ledger/merkle.ts'
import { makeNoteSigner, makeNoteVerifier, signNote } from '../ledger/note.ts'
import type { NoteSigner } from '../ledger/note.ts'
import { authorityOf, newSigner, provenanceFor, signedEvidence, trustOf, wrappedArtifact } from '../../test/support/signed-evidence.ts'
import { generateKey, publicKeyOf } from './keys.ts'
import { noteSignerOf, noteVerifierOf } from './note-keys.ts'
import { KEY_ALGORITHMS } from './schemes.ts'
import type { Trust } from './authority.ts'
import { verifyEvidence } from './verify.ts'

const ORIGIN = 'log.example/tests'
const artifact = wrappedArtifact()
const alice = newSigner()
const evidence = await signedEvidence(alice, provenanceFor(artifact))
const entry = logEntryOf(provenanceFor(artifact), evidence.digest, alice.keyId)

const logKey = generateKey('ed25519')
const logSigner = makeNoteSigner(ORIGIN, logKey, publicKeyOf(logKey).key)
const logVerifier = makeNoteVerifier(ORIGIN, publicKeyOf(logKey).key, ORIGIN)

/** A log with this one entry in it, its checkpoint signed by the given signers. */
async function proofOf(of: LogEntry, ...signers: readonly NoteSigner[]): Promise<LogProof> {
  const checkpoint = await signNote(checkpointText({ origin: ORIGIN, size: 1, root: leafHash(entryBytes(of)) }), signers)
  return { index: 0, hashes: [], checkpoint }
}

function withProof(proof: LogProof | string): UnverifiedEvidence {
  return { ...evidence, annotations: { [ANNOTATION.logProof]: typeof proof === 'string' ? proof : logProofText(proof) } }
}

async function receiptOf(piece: UnverifiedEvidence, trust: Trust) {
  const result = await verifyEvidence(piece, artifact, trust)
  return result.ok ? result.receipt : undefined
}

const byLogKey: Trust = { authorities: [authorityOf('alice', alice)], logKeys: [logVerifier] }

describe('a log proof that holds is in the receipt', () => {
  test('by the log’s own key', async () => {
    const proof = await proofOf(entry, logSigner)
    const root = toBase64(leafHash(entryBytes(entry)))
    expect((await receiptOf(withProof(proof), byLogKey))?.log).toEqual({ entry, proof, size: 1, root, checkpointBy: ORIGIN })
  })

  test.each(KEY_ALGORITHMS)('by the co-signature of an authority that may vouch for a log, with a key of kind %s', async (kind) => {
    const signer = newSigner(kind)
    const trust = trustOf(authorityOf('alice', alice, ['any']), authorityOf('notary', signer, ['log']))
    const proof = await proofOf(entry, logSigner, noteSignerOf(signer))
    expect((await receiptOf(withProof(proof), trust))?.log?.checkpointBy).toBe('notary')
  })
})

describe('a log proof that does not hold leaves a receipt without log, and says why', () => {
  const other = { ...entry, envelope: digestOf(utf8('other')) }
  test.each<[string, () => Promise<LogProof | string> | string, RegExp]>([
    ['of another envelope', () => proofOf(other, logSigner), /does not lead/],
    ['of another signer', () => proofOf({ ...entry, keyId: 'f'.repeat(64) }, logSigner), /does not lead/],
    ['of other subjects', () => proofOf({ ...entry, subjects: [] }, logSigner), /does not lead/],
    ['of another predicate type', () => proofOf({ ...entry, predicateType: 'https://example.com/x' }, logSigner), /does not lead/],
    ['by a log nobody knows', () => proofOf(entry, noteSignerOf(newSigner())), /known/],
    ['by the evidence’s own signer, who may not vouch for a log', () => proofOf(entry, noteSignerOf(alice)), /known/],
    ['with another index', async () => ({ ...(await proofOf(entry, logSigner)), index: 1 }), /index 1/],
    [
      'with a hash too many',
      async () => ({ ...(await proofOf(entry, logSigner)), hashes: [toBase64(new Uint8Array(32))] }),
      /does not lead/,
    ],
    ['with a checkpoint of another size', async () => ({ ...(await proofOf(entry, logSigner)), checkpoint: 'x\n' }), /checkpoint/],
    ['that is no JSON', () => '{', /cannot be read/],
    ['that is another shape', () => '{"index":-1,"hashes":[],"checkpoint":"x"}', /cannot be read/],
    ['that is nested without end', () => '['.repeat(10_000), /cannot be read/],
    ['that is empty', () => '', /cannot be read/],
  ])('%s', async (_, make, why) => {
    const receipt = await receiptOf(withProof(await make()), byLogKey)
    expect(receipt).toBeDefined()
    expect(receipt?.log).toBeUndefined()
    expect(receipt?.logProblem).toMatch(why)
  })

  test('evidence without a proof has neither', async () => {
    const receipt = await receiptOf(evidence, byLogKey)
    expect([receipt?.log, receipt?.logProblem]).toEqual([undefined, undefined])
  })
})

test.each(KEY_ALGORITHMS)('a note signed with a key of kind %s is verified from its public key alone, and only its text', async (kind) => {
  const signer = newSigner(kind)
  const { name, keyHash, sign } = noteSignerOf(signer)
  const verifier = noteVerifierOf(authorityOf('x', signer).key)
  expect([verifier.name, verifier.keyHash]).toEqual([name, keyHash])
  const signature = await sign(utf8('text\n'))
  expect(verifier.verify(utf8('text\n'), signature)).toBe(true)
  expect(verifier.verify(utf8('other\n'), signature)).toBe(false)
})
