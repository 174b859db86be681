import type { Artifact } from '../artifact/artifact.ts'
import { PREDICATE } from '../evidence/evidence.ts'
import { digestOf, digestSetOf, hexOf } from '../kernel/digest.ts'
import { utf8 } from '../kernel/bytes.ts'
import type { Receipt } from '../trust/receipt.ts'
import { parsePolicy } from './document.ts'
import type { Policy } from './document.ts'

/** Receipts for tests of this room: as trust would have made them. Only tests import this. */

export const ARTIFACT: Artifact = { kind: 'file', digest: digestOf(utf8('the bits')), size: 8, name: 'tool-1.0.0.tgz' }
export const COMMIT: string = '0123456789abcdef0123456789abcdef01234567'
export const NOW: Date = new Date('2026-11-25T12:00:00Z')
export const RESOURCE: string = 'tally://tool/dev:1.0.0'

export type ReceiptParts = {
  readonly predicateType?: string
  readonly predicate?: unknown
  readonly authority?: string
  readonly keyId?: string
  readonly about?: string
  /** Name of its subject. */
  readonly named?: string
  readonly signer?: Partial<Receipt['signer']>
  /** Its subject by sha512 alone, as npm writes it. */
  readonly sha512?: string
  readonly at?: string
  readonly proof?: Receipt['time']['proof']
  readonly logged?: boolean
}

export function receipt(parts: ReceiptParts): Receipt {
  const predicateType = parts.predicateType ?? PREDICATE.signature
  const keyId = parts.keyId ?? `key-of-${parts.authority ?? 'builder'}`
  const digest =
    parts.sha512 !== undefined
      ? { sha512: parts.sha512 }
      : parts.about === undefined
        ? digestSetOf(ARTIFACT.digest)
        : { sha256: parts.about }
  const subject = [{ ...(parts.named === undefined ? {} : { name: parts.named }), digest }]
  const envelope = digestOf(utf8(JSON.stringify(parts)))
  const plain = {
    statement: { type: 'https://in-toto.io/Statement/v1', subject, predicateType, predicate: parts.predicate ?? {} },
    envelope,
    where: 'a test',
    signer: { authority: parts.authority ?? 'builder', kind: 'key', keyId, ...parts.signer },
    time: { at: parts.at ?? '2026-11-25T11:00:00Z', proof: parts.proof ?? 'log' },
    matched: 'file',
    ...(parts.logged === false
      ? {}
      : {
          log: {
            entry: { envelope, predicateType, subjects: [ARTIFACT.digest], keyId },
            proof: { index: 3, hashes: [], checkpoint: '' },
            size: 4,
            root: '',
            checkpointBy: 'test-log',
          },
        }),
  }
  return plain as unknown as Receipt
}

export const PROVENANCE_PREDICATE = {
  buildDefinition: {
    buildType: 'https://builds.example/command/v1',
    externalParameters: {},
    internalParameters: { branch: 'main', clean: { before: true, after: true } },
    resolvedDependencies: [{ uri: 'git+https://git.example/team/tool@refs/heads/main', digest: { gitCommit: COMMIT } }],
  },
  runDetails: { builder: { id: 'https://builder.example/one' } },
} as const

export const SBOM_PREDICATE = {
  bomFormat: 'CycloneDX',
  specVersion: '1.6',
  metadata: {
    component: { type: 'application', name: 'tool', version: '1.0.0', hashes: [{ alg: 'SHA-256', content: hexOf(ARTIFACT.digest) }] },
  },
  components: [
    { type: 'library', name: 'left', version: '1.2.3', purl: 'pkg:npm/left@1.2.3', licenses: [{ license: { id: 'MIT' } }] },
    { type: 'library', name: 'right', version: '2.0.0', purl: 'pkg:npm/right@2.0.0', licenses: [{ expression: 'MIT OR AGPL-3.0-only' }] },
  ],
  compositions: [{ aggregate: 'complete' }],
} as const

export const PACKAGE: string = 'pkg:npm/%40team/tool@1.0.0'
export const PUBLISH_PREDICATE = { name: '@team/tool', version: '1.0.0', registry: 'https://registry.example' } as const

export const VSA_PREDICATE = {
  verifier: { id: 'https://verifier.example/dev' },
  timeVerified: '2026-11-25T11:00:00Z',
  resourceUri: RESOURCE,
  policy: { uri: 'https://policy.example/dev', digest: { sha256: 'd'.repeat(64) } },
  verificationResult: 'PASSED',
  verifiedLevels: ['SLSA_BUILD_LEVEL_2'],
} as const

const SIGNED_BY_CI: Partial<Receipt['signer']> = {
  kind: 'identity',
  identity: { subject: 'https://ci.example/team/build', issuer: 'https://token.example' },
}

/** One good receipt of every kind. */
export const GOOD: Readonly<Record<'signature' | 'provenance' | 'publish' | 'sbom' | 'check' | 'verdict', ReceiptParts>> = {
  signature: {},
  provenance: { predicateType: PREDICATE.provenance, predicate: PROVENANCE_PREDICATE, named: PACKAGE, signer: SIGNED_BY_CI },
  publish: { predicateType: PREDICATE.npmPublish, predicate: PUBLISH_PREDICATE, named: PACKAGE },
  sbom: { predicateType: PREDICATE.cyclonedx, predicate: SBOM_PREDICATE },
  check: { predicateType: PREDICATE.testResult, predicate: { result: 'PASSED' } },
  verdict: { predicateType: PREDICATE.vsa, predicate: VSA_PREDICATE },
}

/** Asks everything a policy can ask; met by GOOD. */
export const FULL_POLICY: string = `version: 1
name: prod
require:
  signature: { from: [builder] }
  provenance:
    from: [builder]
    level: 2
    builder: https://builder.example/one
    build-type: https://builds.example/command/v1
    source: pattern:git+https://git.example/team/*
    commit: head
    branch: main
    ref: pattern:refs/heads/*
    clean: true
    max-age: 30d
  publish: { from: [builder], package: "pkg:npm/%40team/tool", registry: https://registry.example }
  sbom: { from: [builder], formats: [cyclonedx], complete: true, max-age: 30d }
  check: { from: [builder], max-age: 30d }
  verdict:
    from: [builder]
    verifier: https://verifier.example/dev
    policy: sha256:${'d'.repeat(64)}
    levels: [SLSA_BUILD_LEVEL_1]
    max-age: 30d
  log: { of: [signature, provenance, publish, sbom, check, verdict] }
builders:
  - id: pattern:https://builder.example/*
    level: 2
    signed-by: [{ issuer: https://token.example, subject: "pattern:https://ci.example/*" }]
forbid:
  licences: [AGPL-3.0-only]
  packages: ["pkg:npm/event-stream@3.3.6", "pkg:npm/middle", "pkg:npm/right@>=3.0.0"]
`

export function policyOf(text: string): Policy {
  return parsePolicy(utf8(text), 'prod.yaml')
}
