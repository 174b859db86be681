import { describe, expect, test } from 'vitest'
import { toBase64, utf8 } from '../kernel/bytes.ts'
import {
  authorityOf,
  evidenceOf,
  newSigner,
  signedEvidence,
  trustOf,
  wrappedArtifact,
  provenanceFor,
} from '../../test/support/signed-evidence.ts'
import type { Signer } from '../trust/signer.ts'
import { verifyAll } from './prove.ts'

const artifact = wrappedArtifact()
const [alice, bob] = [newSigner(), newSigner()]
const trust = trustOf(authorityOf('alice', alice), authorityOf('bob', bob))

/** A signature in cosign 2's form: the payload is the evidence, the signature stands in an annotation. */
async function cosignSignature(signer: Signer, annotations: Readonly<Record<string, string>> = {}) {
  const image = { 'docker-manifest-digest': artifact.digest }
  const payload = utf8(JSON.stringify({ critical: { identity: {}, image, type: 'cosign container image signature' }, optional: null }))
  const signature = toBase64(await signer.sign(payload))
  return evidenceOf(payload, 'cosign-signature', { 'dev.cosignproject.cosign/signature': signature, ...annotations })
}

describe('verifyAll', () => {
  test('counts two signers of one payload, which have one digest in cosign 2', async () => {
    const { receipts, rejections } = await verifyAll([await cosignSignature(alice), await cosignSignature(bob)], artifact, trust)
    expect(receipts.map((one) => one.signer.authority).toSorted()).toEqual(['alice', 'bob'])
    expect(new Set(receipts.map((one) => one.envelope)).size).toBe(1)
    expect(rejections).toEqual([])
  })

  test('counts the same signer of the same bytes once, wherever they were found', async () => {
    const found = await signedEvidence(alice, provenanceFor(artifact))
    const { receipts } = await verifyAll(
      [found, { ...found, where: 'elsewhere' }, await cosignSignature(alice), await cosignSignature(alice)],
      artifact,
      trust,
    )
    expect(receipts).toHaveLength(2)
  })

  test('forgets a rejection of bytes that hold elsewhere, and keeps that of others', async () => {
    const [mallory, good] = [newSigner(), await cosignSignature(alice)]
    const { receipts, rejections } = await verifyAll(
      [await cosignSignature(mallory), good, await signedEvidence(mallory, provenanceFor(artifact))],
      artifact,
      trust,
    )
    expect(receipts).toHaveLength(1)
    expect(rejections).toHaveLength(1)
  })
})
