import { expect, test } from 'vitest'
import { authorityOf, newSigner, signedEvidence, trustOf, wrappedArtifact, provenanceFor } from '../../test/support/signed-evidence.ts'
import { PREDICATE } from '../evidence/evidence.ts'
import { utf8 } from '../kernel/bytes.ts'
import { digestOf, digestSetOf } from '../kernel/digest.ts'
import { earlierVerdicts } from './earlier-verdicts.ts'
import { verifyAll } from './prove.ts'

const artifact = wrappedArtifact()
const signer = newSigner()
const policy = { digest: digestOf(utf8('the policy')) }
const summary = (digest: object) => ({
  verifier: { id: 'https://verifier.example' },
  timeVerified: '2026-11-25T00:00:00Z',
  resourceUri: 'oci://registry.example/app',
  policy: { uri: 'https://policy.example/prod', ...digest },
  verificationResult: 'PASSED',
  verifiedLevels: ['SLSA_BUILD_LEVEL_1'],
})

test('verdicts among receipts are told apart by their policy', async () => {
  const subject = [{ digest: digestSetOf(artifact.digest) }]
  const evidence = await Promise.all([
    signedEvidence(signer, provenanceFor(artifact)),
    ...[{ digest: digestSetOf(policy.digest) }, { digest: digestSetOf(digestOf(utf8('another'))) }, {}].map((digest) =>
      signedEvidence(signer, { subject, predicateType: PREDICATE.vsa, predicate: summary(digest) }),
    ),
  ])
  const { receipts } = await verifyAll(evidence, artifact, trustOf(authorityOf('alice', signer)))
  expect(receipts).toHaveLength(4)
  const told = (by: typeof policy | undefined) =>
    earlierVerdicts(receipts, by).map((each) => `${each.policy?.slice(0, 8)} ${each.samePolicy}`)
  expect(told(policy).toSorted()).toEqual(
    [`${policy.digest.slice(7, 15)} true`, `${digestOf(utf8('another')).slice(7, 15)} false`, 'https:// false'].toSorted(),
  )
  expect(told(undefined).every((text) => text.endsWith(' undefined'))).toBe(true)
})
