import { expect, test } from 'vitest'
import { authorityOf, newSigner, signedEvidence, trustOf, wrappedArtifact } from '../../test/support/signed-evidence.ts'
import { PREDICATE } from '../evidence/evidence.ts'
import { digestOf, digestSetOf } from '../kernel/digest.ts'
import { utf8 } from '../kernel/bytes.ts'
import { verifyEvidence } from './verify.ts'
import type { VerifyMemory } from './verify.ts'

const signer = newSigner()

/** A trust that counts how often its key was asked. */
function counting() {
  const authority = authorityOf('team', signer)
  let asked = 0
  const key = {
    ...authority.key,
    verify: (bytes: Uint8Array, signature: Uint8Array) => ((asked += 1), authority.key.verify(bytes, signature)),
  }
  return { trust: trustOf({ ...authority, key }), asked: () => asked }
}

test('a bundle about many artifacts is verified once in a run, and matched with each', async () => {
  const artifacts = ['a', 'b', 'c'].map((name) => wrappedArtifact(name))
  const subject = artifacts.slice(0, 2).map((each) => ({ digest: digestSetOf(each.digest) }))
  const evidence = await signedEvidence(signer, { subject, predicateType: PREDICATE.signature, predicate: {} })
  const { trust, asked } = counting()
  const memory: VerifyMemory = new WeakMap()
  const results = await Promise.all(artifacts.map((artifact) => verifyEvidence(evidence, artifact, trust, { memory })))
  expect(results.map((result) => result.ok)).toEqual([true, true, false])
  expect(asked()).toBe(1)
})

test('what is remembered is of one object: bytes that were changed are looked at again', async () => {
  const artifact = wrappedArtifact()
  const evidence = await signedEvidence(signer, {
    subject: [{ digest: digestSetOf(artifact.digest) }],
    predicateType: PREDICATE.signature,
    predicate: {},
  })
  const { trust, asked } = counting()
  const memory: VerifyMemory = new WeakMap()
  expect((await verifyEvidence(evidence, artifact, trust, { memory })).ok).toBe(true)
  const changed = { ...evidence, bytes: utf8('{}'), digest: digestOf(utf8('{}')) }
  expect((await verifyEvidence(changed, artifact, trust, { memory })).ok).toBe(false)
  expect((await verifyEvidence({ ...evidence }, artifact, trust, { memory })).ok).toBe(true)
  expect(asked()).toBe(2)
})
