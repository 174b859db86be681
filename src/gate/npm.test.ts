import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { authorityOf, newSigner, signedEvidence, trustOf } from '../../test/support/signed-evidence.ts'
import type { Artifact } from '../artifact/artifact.ts'
import { PREDICATE } from '../evidence/evidence.ts'
import { utf8 } from '../kernel/bytes.ts'
import { digestOf } from '../kernel/digest.ts'
import { parsePolicy } from '../policy/document.ts'
import { judgeProof } from './judge.ts'
import { verifyAll } from './prove.ts'

// npm's form (npm/attestation, specs/publish/v0.1): the subject is a package URL with a sha512 alone; the registry signs that it
// took the package in, the build signs its provenance.

const tarball = utf8('the packed package')
const artifact: Artifact = { kind: 'file', digest: digestOf(tarball), size: tarball.byteLength, name: 'tool-1.0.0.tgz' }
const sha512 = createHash('sha512').update(tarball).digest('hex')
const content = async function* () {
  yield tarball
}
const [registry, build] = [newSigner(), newSigner()]
const trust = trustOf(authorityOf('registry', registry, ['release']), authorityOf('build', build, ['provenance']))
const policy = parsePolicy(
  utf8(
    'version: 1\nname: npm\nrequire:\n  provenance: { from: [build] }\n  publish: { from: [registry], package: "pkg:npm/%40team/tool", registry: "https://registry.example" }\n',
  ),
  'npm.yaml',
)
const PURL = 'pkg:npm/%40team/tool@1.0.0'

const publish = (change: { readonly name?: string; readonly digest?: string; readonly predicate?: object } = {}) => ({
  subject: [{ name: change.name ?? PURL, digest: { sha512: change.digest ?? sha512 } }],
  predicateType: PREDICATE.npmPublish,
  predicate: { name: '@team/tool', version: '1.0.0', registry: 'https://registry.example', ...change.predicate },
})

const provenance = (name = PURL, digest = sha512) => ({
  subject: [{ name, digest: { sha512: digest } }],
  predicateType: PREDICATE.provenance,
  predicate: {
    buildDefinition: {
      buildType: 'https://actions.github.io/buildtypes/workflow/v1',
      externalParameters: {
        workflow: { ref: 'refs/tags/v1', repository: 'https://github.com/team/tool', path: '.github/workflows/r.yml' },
      },
      resolvedDependencies: [{ uri: 'git+https://github.com/team/tool@refs/tags/v1', digest: { gitCommit: 'ab'.repeat(20) } }],
    },
    runDetails: { builder: { id: 'https://github.com/actions/runner/github-hosted' } },
  },
})

async function judge(published: ReturnType<typeof publish>, built: ReturnType<typeof provenance>, signer = registry) {
  const found = [await signedEvidence(signer, published), await signedEvidence(build, built)]
  const proof = { ...(await verifyAll(found, artifact, trust, { content })), unreadable: [], looked: [] }
  return judgeProof(proof, artifact, policy, { now: new Date('2026-11-25T12:00:00Z') })
}

describe('npm publish and provenance', () => {
  test('are bound to the tarball by sha512 and to each other by the package', async () => {
    const verdict = await judge(publish(), provenance())
    expect(verdict.clauses.filter((clause) => clause.result !== 'met')).toEqual([])
    expect(verdict.decision).toBe('allow')
  })

  test('a package URL is compared as what it means, not as it is spelled', async () => {
    expect((await judge(publish({ name: 'pkg:npm/@team/tool@1.0.0' }), provenance())).decision).toBe('allow')
  })

  test.each<[string, ReturnType<typeof publish>, ReturnType<typeof provenance>]>([
    ['a publish attestation of another tarball', publish({ digest: 'ab'.repeat(64) }), provenance()],
    ['a provenance of another tarball', publish(), provenance(PURL, 'ab'.repeat(64))],
    ['a provenance of another version', publish(), provenance('pkg:npm/%40team/tool@1.0.1')],
    ['a provenance of a package of like name', publish(), provenance('pkg:npm/tool@1.0.0')],
    ['a predicate that names another version', publish({ predicate: { version: '1.0.1' } }), provenance()],
    [
      'a publish attestation of another package',
      publish({ name: 'pkg:npm/other@1.0.0', predicate: { name: 'other' } }),
      provenance('pkg:npm/other@1.0.0'),
    ],
    ['another registry', publish({ predicate: { registry: 'https://registry.example.evil' } }), provenance()],
  ])('deny %s', async (_what, published, built) => {
    expect((await judge(published, built)).decision).toBe('deny')
  })

  // GHSA-r2xv-vpr2-42m9: a verifier that read the publish attestation without verifying its signature.
  test('GHSA-r2xv-vpr2-42m9: a publish attestation that the registry did not sign is none', async () => {
    expect((await judge(publish(), provenance(), newSigner())).decision).toBe('deny')
    expect((await judge(publish(), provenance(), build)).decision).toBe('deny')
  })

  test('without the bytes a sha512 proves nothing', async () => {
    const found = [await signedEvidence(registry, publish())]
    const { receipts, rejections } = await verifyAll(found, artifact, trust)
    expect(receipts).toEqual([])
    expect(rejections).toMatchObject([{ code: 'digest-mismatch' }])
  })
})
