import { expect, test } from 'vitest'
import { authorityOf, newSigner, signedEvidence, trustOf, wrappedArtifact } from '../../test/support/signed-evidence.ts'
import { PREDICATE } from '../evidence/evidence.ts'
import { digestOf, digestSetOf } from '../kernel/digest.ts'
import { utf8 } from '../kernel/bytes.ts'
import { verifyEvidence } from './verify.ts'
import type { VerifyMemory } from './verify.ts'

const signer = newSigner()

/** A trust that counts how often its key was looked at. */
function counting() {
  const authority = authorityOf('team', signer)
  let asked = 0
  const key = Object.defineProperty({ ...authority.key }, 'schemes', {
    get: () => {
      asked += 1
      return authority.key.schemes
    },
  })
  return { trust: trustOf({ ...authority, key }), asked: () => asked }
}

/** What one verification of one piece costs. */
async function costOfOne(): Promise<number> {
  const artifact = wrappedArtifact()
  const subject = [{ digest: digestSetOf(artifact.digest) }]
  const { trust, asked } = counting()
  await verifyEvidence(await signedEvidence(signer, { subject, predicateType: PREDICATE.signature, predicate: {} }), artifact, trust)
  return asked()
}

test('a bundle about many artifacts is verified once in a run, and matched with each', async () => {
  const artifacts = ['a', 'b', 'c', 'd'].map((name) => wrappedArtifact(name))
  const subject = artifacts.slice(0, 3).map((each) => ({ digest: digestSetOf(each.digest) }))
  const evidence = await signedEvidence(signer, { subject, predicateType: PREDICATE.signature, predicate: {} })
  const { trust, asked } = counting()
  const memory: VerifyMemory = new WeakMap()
  const results = await Promise.all(artifacts.map((artifact) => verifyEvidence(evidence, artifact, trust, { memory })))
  expect(results.map((result) => result.ok)).toEqual([true, true, true, false])
  expect(asked()).toBe(await costOfOne())
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
  expect(asked()).toBe(2 * (await costOfOne()))
})
