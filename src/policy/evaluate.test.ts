import { describe, expect, it } from 'vitest'
import type { ClauseResult, Verdict } from '../evidence/verdict.ts'
import { PREDICATE } from '../evidence/evidence.ts'
import { COMMAND_BUILD } from '../build/provenance.ts'
import { toCycloneDx } from '../sbom/formats/cyclonedx/write.ts'
import { toSpdx } from '../sbom/formats/spdx/write.ts'
import type { Sbom } from '../sbom/model.ts'
import { evaluate } from './evaluate.ts'
import type { Question } from './evaluate.ts'
import { CLAUSES } from './clause-names.ts'
import {
  ARTIFACT,
  COMMIT,
  FULL_POLICY,
  GOOD,
  NOW,
  PROVENANCE_PREDICATE,
  PUBLISH_PREDICATE,
  RESOURCE,
  SBOM_PREDICATE,
  VSA_PREDICATE,
  policyOf,
  receipt,
} from './test-receipts.ts'
import type { ReceiptParts } from './test-receipts.ts'

type Kinds = keyof typeof GOOD

function judge(text: string, changed: Partial<Record<Kinds, ReceiptParts | null>> = {}, question: Partial<Question> = {}): Verdict {
  const parts = { ...GOOD, ...changed }
  const receipts = Object.values(parts).filter((each) => each !== null)
  return evaluate(policyOf(text), {
    artifact: ARTIFACT,
    receipts: receipts.map(receipt),
    now: NOW,
    headCommit: COMMIT,
    resourceUri: RESOURCE,
    ...question,
  })
}

function notMet(verdict: Verdict): string[] {
  return verdict.clauses.filter((clause) => clause.result !== 'met').map((clause) => clause.clause)
}

function clause(verdict: Verdict, name: string): ClauseResult {
  const found = verdict.clauses.find((each) => each.clause === name)
  if (found === undefined) throw new Error(`no clause ${name}`)
  return found
}

function provenance(change: object, run: object = {}): ReceiptParts {
  const { buildDefinition, runDetails } = PROVENANCE_PREDICATE
  return { ...GOOD.provenance, predicate: { buildDefinition: { ...buildDefinition, ...change }, runDetails: { ...runDetails, ...run } } }
}

function sbom(change: object): ReceiptParts {
  return { ...GOOD.sbom, predicate: { ...SBOM_PREDICATE, ...change } }
}

function vsa(change: object): ReceiptParts {
  return { ...GOOD.verdict, predicate: { ...VSA_PREDICATE, ...change } }
}

function signedBy(change: object): ReceiptParts {
  const { signer } = GOOD.provenance
  return { ...GOOD.provenance, signer: { ...signer, identity: { subject: '', issuer: '', ...signer?.identity, ...change } } }
}

function published(change: object): ReceiptParts {
  return { ...GOOD.publish, predicate: { ...PUBLISH_PREDICATE, ...change } }
}

const AGED = '2026-10-01T00:00:00Z'
const component = (change: object): object => ({
  type: 'library',
  name: 'extra',
  version: '1.0.0',
  purl: 'pkg:npm/extra@1.0.0',
  licenses: [{ license: { id: 'MIT' } }],
  ...change,
})

describe('a policy that asks everything', () => {
  it('allows what meets it, and judges every clause there is', () => {
    const verdict = judge(FULL_POLICY)
    expect(notMet(verdict)).toEqual([])
    expect(verdict.decision).toBe('allow')
    // What a certificate names of the source is asked only of a signer who has one.
    expect(verdict.clauses.map((each) => each.clause)).toEqual(CLAUSES.filter((each) => each !== 'provenance.certificate'))
    expect(verdict.at).toBe('2026-11-25T12:00:00.000Z')
    for (const each of verdict.clauses)
      expect(each).toMatchObject({
        next: '',
        evidence: [expect.stringMatching(/^sha256:/), ...Array(each.evidence.length - 1).fill(expect.anything())],
      })
  })

  it.each<[string, string, Partial<Record<Kinds, ReceiptParts>>, string]>([
    ['signature', 'another signer', { signature: { authority: 'stranger' } }, 'only from stranger'],
    ['signature', 'a signature of other bits', { signature: { about: 'a'.repeat(64) } }, 'only about another artifact'],
    [
      'provenance.builder',
      'another builder',
      { provenance: provenance({}, { builder: { id: 'https://builder.example/one/' } }) },
      'https://builder.example/one/',
    ],
    ['provenance.build-type', 'another build type', { provenance: provenance({ buildType: 'https://builds.example/command/v2' }) }, '/v2'],
    [
      'provenance.source',
      'another source',
      {
        provenance: provenance({
          resolvedDependencies: [{ uri: 'git+https://git.example.evil/team/tool@refs/heads/main', digest: { gitCommit: COMMIT } }],
        }),
      },
      'evil',
    ],
    [
      'provenance.commit',
      'another commit',
      {
        provenance: provenance({
          resolvedDependencies: [{ uri: 'git+https://git.example/team/tool@refs/heads/main', digest: { gitCommit: 'f'.repeat(40) } }],
        }),
      },
      'ffff',
    ],
    [
      'provenance.commit',
      'a shortened commit',
      {
        provenance: provenance({
          resolvedDependencies: [{ uri: 'git+https://git.example/team/tool@refs/heads/main', digest: { gitCommit: '0123456' } }],
        }),
      },
      'no full commit',
    ],
    [
      'provenance.branch',
      'another branch',
      {
        provenance: provenance({
          resolvedDependencies: [{ uri: 'git+https://git.example/team/tool@refs/heads/maintenance', digest: { gitCommit: COMMIT } }],
        }),
      },
      'maintenance',
    ],
    [
      'provenance.level',
      'a signer that does not sign for the builder',
      { provenance: signedBy({ subject: 'https://ci.example.evil/build' }) },
      'level 0',
    ],
    ['provenance.level', 'another issuer', { provenance: signedBy({ issuer: 'https://token.example.evil' }) }, 'level 0'],
    [
      'provenance.certificate',
      'a certificate of another commit',
      { provenance: signedBy({ facts: { sourceRepositoryDigest: 'f'.repeat(40) } }) },
      'ffff',
    ],
    [
      'provenance.certificate',
      'a certificate of another repository',
      { provenance: signedBy({ facts: { sourceRepositoryUri: 'https://git.example/other/tool' } }) },
      'other/tool',
    ],
    [
      'provenance.certificate',
      'a certificate of another ref',
      { provenance: signedBy({ facts: { sourceRepositoryRef: 'refs/pull/1/merge' } }) },
      'refs/pull/1',
    ],
    [
      'provenance.package',
      'a build of another package',
      { provenance: { ...GOOD.provenance, named: 'pkg:npm/%40team/other@1.0.0' } },
      'other',
    ],
    [
      'provenance.package',
      'a build of another version',
      { provenance: { ...GOOD.provenance, named: 'pkg:npm/%40team/tool@1.0.1' } },
      '1.0.1',
    ],
    [
      'provenance.package',
      'a build that names no package',
      { provenance: { ...GOOD.provenance, named: 'tool-1.0.0.tgz' } },
      'not exactly one',
    ],
    ['publish.bound', 'a predicate of another version', { publish: published({ version: '1.0.1' }) }, '1.0.1'],
    ['publish.registry', 'another registry', { publish: published({ registry: 'https://registry.example.evil' }) }, 'evil'],
    [
      'provenance.clean',
      'a dirty tree',
      { provenance: provenance({ internalParameters: { branch: 'main', clean: { before: false, after: true } } }) },
      'dirty before',
    ],
    [
      'provenance.clean',
      'a build that dirties the tree',
      { provenance: provenance({ internalParameters: { branch: 'main', clean: { before: true, after: false } } }) },
      'dirty after',
    ],
    ['provenance.clean', 'silence about the tree', { provenance: provenance({ internalParameters: { branch: 'main' } }) }, 'nothing said'],
    ['provenance.age', 'old provenance', { provenance: { ...GOOD.provenance, at: AGED } }, '55 days old'],
    ['provenance.age', 'a time that is only its word', { provenance: { ...GOOD.provenance, proof: 'asserted' } }, "signer's word"],
    ['provenance.age', 'a time to come', { provenance: { ...GOOD.provenance, at: '2026-11-26T00:00:00Z' } }, 'future'],
    [
      'provenance.parameters',
      'an external parameter nobody expects',
      { provenance: provenance({ externalParameters: { flags: '--inject' } }) },
      'flags',
    ],
    [
      'sbom.bound',
      'an SBOM whose document describes other bits',
      {
        sbom: sbom({
          metadata: { component: { type: 'application', name: 'tool', hashes: [{ alg: 'SHA-256', content: 'b'.repeat(64) }] } },
        }),
      },
      'bbbb',
    ],
    ['sbom.bound', 'an SBOM whose statement is about other bits', { sbom: { ...GOOD.sbom, about: 'c'.repeat(64) } }, 'cccc'],
    [
      'sbom.complete',
      'an incomplete SBOM',
      { sbom: sbom({ compositions: [{ aggregate: 'complete' }, { aggregate: 'incomplete' }] }) },
      'incomplete',
    ],
    ['sbom.complete', 'an SBOM that does not say', { sbom: sbom({ compositions: undefined }) }, 'unknown'],
    ['sbom.age', 'an old SBOM', { sbom: { ...GOOD.sbom, at: AGED } }, '55 days old'],
    [
      'check',
      'a failed check',
      { check: { ...GOOD.check, predicate: { result: 'FAILED', failedTests: ['unpinned-action'] } } },
      'FAILED (unpinned-action)',
    ],
    ['check', 'a check with warnings', { check: { ...GOOD.check, predicate: { result: 'WARNED' } } }, 'WARNED'],
    ['check.age', 'an old check', { check: { ...GOOD.check, at: AGED } }, '55 days old'],
    ['log', 'a signature in no log', { signature: { logged: false } }, 'signature without'],
    ['log', 'a provenance in no log', { provenance: { ...GOOD.provenance, logged: false } }, 'provenance without'],
    ['log', 'an SBOM in no log', { sbom: { ...GOOD.sbom, logged: false } }, 'sbom without'],
    ['log', 'a check in no log', { check: { ...GOOD.check, logged: false } }, 'check without'],
    ['verdict', 'a failed summary', { verdict: vsa({ verificationResult: 'FAILED' }) }, 'FAILED'],
    ['verdict', 'a summary for another resource', { verdict: vsa({ resourceUri: 'tally://tool/test:1.0.0' }) }, 'tally://tool/test'],
    [
      'verdict',
      'a summary by another policy',
      { verdict: vsa({ policy: { digest: { sha256: 'e'.repeat(64) } } }) },
      'which is not the one required',
    ],
    [
      'verdict',
      'a summary of another verifier',
      { verdict: vsa({ verifier: { id: 'https://verifier.example/prod' } }) },
      'verifier https://verifier.example/prod',
    ],
    ['verdict', 'a summary without the level', { verdict: vsa({ verifiedLevels: ['SLSA_SOURCE_LEVEL_3'] }) }, 'SLSA_SOURCE_LEVEL_3'],
    ['verdict.age', 'an old summary', { verdict: { ...GOOD.verdict, at: AGED } }, '55 days old'],
    [
      'forbid.licences',
      'a forbidden licence',
      { sbom: sbom({ components: [component({ licenses: [{ license: { id: 'AGPL-3.0-only' } }] })] }) },
      'pkg:npm/extra@1.0.0 (AGPL-3.0-only)',
    ],
    [
      'forbid.licences',
      'a licence that is no SPDX expression',
      { sbom: sbom({ components: [component({ licenses: [{ license: { name: 'Ask Bob' } }] })] }) },
      'Ask Bob',
    ],
    [
      'forbid.licences',
      'an id that is on no list',
      { sbom: sbom({ components: [component({ licenses: [{ license: { name: 'Apache2' } }] })] }) },
      'Apache2',
    ],
    ['forbid.licences', 'no licence', { sbom: sbom({ components: [component({ licenses: undefined })] }) }, 'no licence'],
    [
      'forbid.packages',
      'a forbidden version',
      { sbom: sbom({ components: [component({ name: 'event-stream', purl: 'pkg:npm/event-stream@3.3.6' })] }) },
      'event-stream@3.3.6',
    ],
    [
      'forbid.packages',
      'a package forbidden in all versions',
      { sbom: sbom({ components: [component({ name: 'middle', purl: 'pkg:npm/middle@9.9.9' })] }) },
      'middle@9.9.9',
    ],
    [
      'forbid.packages',
      'a version in a forbidden range',
      { sbom: sbom({ components: [component({ name: 'right', purl: 'pkg:npm/right@3.1.0' })] }) },
      'right@3.1.0',
    ],
    [
      'forbid.packages',
      'a forbidden package inside another',
      { sbom: sbom({ components: [component({ components: [component({ purl: 'pkg:npm/middle@1.0.0' })] })] }) },
      'middle@1.0.0',
    ],
  ])('denies, naming %s alone, for %s', (name, _what, changed, found) => {
    const verdict = judge(FULL_POLICY, changed)
    expect(notMet(verdict)).toEqual([name])
    expect(verdict.decision).toBe('deny')
    const wrong = clause(verdict, name)
    expect(wrong.result).toBe('failed')
    expect(wrong.found).toContain(found)
    expect(wrong.next).not.toBe('')
    expect(wrong.expected).not.toBe('')
  })

  it.each<Kinds>(['signature', 'provenance', 'publish', 'sbom', 'check', 'verdict'])('says once that there is no %s', (kind) => {
    const verdict = judge(FULL_POLICY, { [kind]: null })
    expect(verdict.decision).toBe('deny')
    // A provenance must be of what was published, so that nothing published is named there too.
    expect(notMet(verdict)).toEqual(kind === 'publish' ? ['provenance.package', kind] : [kind])
    expect(clause(verdict, kind)).toMatchObject({ result: 'failed', found: expect.stringContaining('no') })
    expect(clause(verdict, kind).next).toMatch(kind === 'publish' ? /^publish it/ : /^(?:mend.*)?tally /)
  })

  it('denies when there is nothing at all', () => {
    const verdict = judge(FULL_POLICY, {}, { receipts: [] })
    expect(verdict.decision).toBe('deny')
    expect(notMet(verdict)).toEqual(['signature', 'provenance', 'publish', 'sbom', 'check', 'log', 'verdict'])
  })
})

it('asks of a certificate that names the source whether the provenance says the same', () => {
  const facts = {
    sourceRepositoryUri: 'https://git.example/team/tool',
    sourceRepositoryDigest: COMMIT,
    sourceRepositoryRef: 'refs/heads/main',
  }
  const verdict = judge(FULL_POLICY, { provenance: signedBy({ facts }) })
  expect(verdict.decision).toBe('allow')
  expect(clause(verdict, 'provenance.certificate')).toMatchObject({ result: 'met', found: 'source, commit, ref' })
})

describe('what cannot be read or is not known', () => {
  it.each<[Kinds, unknown]>([
    ['provenance', { buildDefinition: 'x' }],
    ['publish', { name: '@team/tool' }],
    ['publish', { name: '@/', version: '1.0.0', registry: 'https://registry.example' }],
    ['sbom', { bomFormat: 'Other' }],
    ['check', { result: 'FINE' }],
    ['verdict', null],
  ])('a %s that is none makes unknown, never allow', (kind, predicate) => {
    const verdict = judge(FULL_POLICY, { [kind]: { ...GOOD[kind], predicate } })
    expect(verdict.decision).toBe('unknown')
    expect(clause(verdict, kind).result).toBe('unknown')
  })

  it('is unknown when nobody says what HEAD is', () => {
    const verdict = judge(FULL_POLICY, {}, { headCommit: undefined })
    expect(verdict.decision).toBe('unknown')
    expect(notMet(verdict)).toEqual(['provenance.commit'])
  })

  it('is unknown when nobody says what the resource is', () => {
    expect(judge(FULL_POLICY, {}, { resourceUri: undefined }).decision).toBe('unknown')
  })

  it('is unknown when a component of a forbidden name has no package URL', () => {
    const verdict = judge(FULL_POLICY, { sbom: sbom({ components: [component({ name: 'event-stream', purl: undefined })] }) })
    expect(verdict.decision).toBe('unknown')
    expect(notMet(verdict)).toEqual(['forbid.packages'])
  })

  it('reads a good receipt beside a malformed one', () => {
    const receipts = [...Object.values(GOOD), { ...GOOD.sbom, predicate: {} }].map(receipt)
    expect(judge(FULL_POLICY, {}, { receipts }).decision).toBe('allow')
  })
})

describe('one and the same receipt must meet all of it', () => {
  it('two half-good provenances are not a good one', () => {
    const halves = [
      provenance({}, { builder: { id: 'https://builder.example/two' } }),
      provenance({ internalParameters: { branch: 'main', clean: { before: false, after: false } } }),
    ]
    const receipts = [GOOD.signature, GOOD.publish, GOOD.sbom, GOOD.check, GOOD.verdict, ...halves].map(receipt)
    expect(judge(FULL_POLICY, {}, { receipts }).decision).toBe('deny')
  })

  it('takes the good one, whatever stands beside it', () => {
    const receipts = [...Object.values(GOOD), provenance({}, { builder: { id: 'https://builder.example/two' } })].map(receipt)
    expect(judge(FULL_POLICY, {}, { receipts }).decision).toBe('allow')
    expect(judge(FULL_POLICY, {}, { receipts: receipts.toReversed() })).toEqual(judge(FULL_POLICY, {}, { receipts }))
  })
})

const TWO = 'version: 1\nname: two\nrequire:\n  signature: { from: [a, b, c], count: 2 }\n'

describe('distinct authorities', () => {
  it.each<[string, readonly (readonly [string, string])[], string]>([
    [
      'two authorities, two keys',
      [
        ['a', 'k1'],
        ['b', 'k2'],
      ],
      'allow',
    ],
    [
      'one authority twice',
      [
        ['a', 'k1'],
        ['a', 'k1'],
      ],
      'deny',
    ],
    [
      'one authority with two keys',
      [
        ['a', 'k1'],
        ['a', 'k2'],
      ],
      'deny',
    ],
    [
      'two names of one key',
      [
        ['a', 'k1'],
        ['b', 'k1'],
      ],
      'deny',
    ],
    [
      'two names of one key and another key of one of them',
      [
        ['a', 'k1'],
        ['b', 'k1'],
        ['b', 'k2'],
      ],
      'allow',
    ],
    [
      'the same, the other way round',
      [
        ['a', 'k1'],
        ['a', 'k2'],
        ['b', 'k1'],
      ],
      'allow',
    ],
    [
      'a stranger beside one',
      [
        ['a', 'k1'],
        ['z', 'k2'],
      ],
      'deny',
    ],
    ['nobody', [], 'deny'],
  ])('%s: %s', (_what, signers, decision) => {
    const receipts = signers.map(([authority, keyId], index) => receipt({ authority, keyId, at: `2026-11-25T11:00:0${index}Z` }))
    const verdict = evaluate(policyOf(TWO), { artifact: ARTIFACT, receipts, now: NOW })
    expect(verdict.decision).toBe(decision)
  })

  it('counts builders that agree, not builders that are there', () => {
    const text = 'version: 1\nname: two\nrequire:\n  provenance: { from: [a, b], count: 2, branch: main }\n'
    const other = provenance({
      resolvedDependencies: [{ uri: 'git+https://git.example/team/tool@refs/heads/dev', digest: { gitCommit: COMMIT } }],
    })
    const ask = (...parts: ReceiptParts[]): Verdict =>
      evaluate(policyOf(text), { artifact: ARTIFACT, receipts: parts.map(receipt), now: NOW })
    expect(ask({ ...GOOD.provenance, authority: 'a' }, { ...GOOD.provenance, authority: 'b' }).decision).toBe('allow')
    const verdict = ask({ ...GOOD.provenance, authority: 'a' }, { ...other, authority: 'b' })
    expect(verdict.decision).toBe('deny')
    expect(notMet(verdict)).toEqual(['provenance.branch'])
  })
})

const sbomPolicy = (formats: string): string =>
  `version: 1\nname: s\nrequire:\n  sbom: { from: [builder], formats: [${formats}] }\nforbid: { packages: ["pkg:npm/a"] }\n`

describe('looser policies', () => {
  it('allows an asserted time where the policy says so', () => {
    const parts = { provenance: { ...GOOD.provenance, proof: 'asserted' as const } }
    expect(judge(`${FULL_POLICY}allow-asserted-time: true\n`, parts).decision).toBe('allow')
    expect(judge(`${FULL_POLICY}allow-asserted-time: true\n`, { provenance: { ...parts.provenance, at: AGED } }).decision).toBe('deny')
  })

  it('allows external parameters that are named', () => {
    const text = FULL_POLICY.replace('    clean: true', '    clean: true\n    external-parameters: [flags]')
    expect(judge(text, { provenance: provenance({ externalParameters: { flags: '' } }) }).decision).toBe('allow')
    expect(judge(text, { provenance: provenance({ externalParameters: { flags: '', more: '' } }) }).decision).toBe('deny')
  })

  it('takes a check with warnings where the policy says so, and never a failed one', () => {
    const text = FULL_POLICY.replace('check: { from: [builder]', 'check: { from: [builder], result: WARNED')
    expect(judge(text, { check: { ...GOOD.check, predicate: { result: 'WARNED' } } }).decision).toBe('allow')
    expect(judge(text).decision).toBe('allow')
    expect(judge(text, { check: { ...GOOD.check, predicate: { result: 'FAILED' } } }).decision).toBe('deny')
  })

  it('allows unknown licences where the policy says so, and no forbidden ones', () => {
    const text = FULL_POLICY.replace('forbid:\n', 'forbid:\n  unknown-licences: allow\n')
    expect(judge(text, { sbom: sbom({ components: [component({ licenses: undefined })] }) }).decision).toBe('allow')
    expect(judge(text, { sbom: sbom({ components: [component({ licenses: [{ license: { id: 'AGPL-3.0-only' } }] })] }) }).decision).toBe(
      'deny',
    )
  })

  it('counts a format only when the policy names it', () => {
    const spdx = {
      predicateType: PREDICATE.spdx,
      predicate: {
        spdxVersion: 'SPDX-2.3',
        packages: [
          {
            SPDXID: 'SPDXRef-a',
            name: 'a',
            licenseDeclared: 'MIT',
            externalRefs: [{ referenceType: 'purl', referenceLocator: 'pkg:npm/a@1' }],
          },
        ],
      },
    }
    const only = { signature: null, provenance: null, check: null, verdict: null, sbom: spdx }
    expect(notMet(judge(sbomPolicy('cyclonedx'), only))).toEqual(['sbom'])
    expect(notMet(judge(sbomPolicy('spdx'), only))).toEqual(['forbid.packages'])
    expect(judge(sbomPolicy('spdx').replace('npm/a', 'npm/b'), only).decision).toBe('allow')
  })
})

describe('the trace', () => {
  it('shows what others wrote without obeying it', () => {
    const verdict = judge(FULL_POLICY, { provenance: provenance({}, { builder: { id: `x\u001b[2K\r${'y'.repeat(5000)}` } }) })
    const { found } = clause(verdict, 'provenance.builder')
    expect(found).toContain('\\u{1b}')
    expect(found).not.toContain('\u001b')
    expect(found.length).toBeLessThan(300)
  })

  it('says of a local key that it proves only this machine', () => {
    const signed = receipt({})
    const receipts = [{ ...signed, signer: { ...signed.signer, kind: 'local' as const } }]
    const verdict = evaluate(policyOf('version: 1\nname: s\nrequire: { signature: { from: [builder] } }\n'), {
      artifact: ARTIFACT,
      receipts,
      now: NOW,
    })
    expect(verdict.decision).toBe('allow')
    expect(clause(verdict, 'signature').found).toContain('proves only this machine')
  })
})

describe('what this program itself writes', () => {
  it('is met: its build type and its SBOM', () => {
    const build = provenance({ buildType: COMMAND_BUILD, externalParameters: { source: {}, command: 'make', outputs: [], env: [] } })
    const own: Sbom = {
      subject: { name: 'tool', version: '1.0.0', purl: 'pkg:generic/tool@1.0.0', digests: {} },
      components: [
        {
          purl: 'pkg:npm/left@1.2.3',
          name: 'left',
          version: '1.2.3',
          type: 'library',
          hashes: {},
          licence: 'MIT',
          evidence: [],
          scope: 'required',
        },
      ],
      edges: [],
      completeness: 'complete',
      created: '2026-11-25T11:00:00Z',
      tool: { name: 'tally', version: '0.1.0' },
    }
    const text = FULL_POLICY.replace('https://builds.example/command/v1', COMMAND_BUILD)
    const written: unknown = JSON.parse(Buffer.from(toCycloneDx(own)).toString())
    expect(judge(text, { provenance: build, sbom: { ...GOOD.sbom, predicate: written } }).decision).toBe('allow')
    const asSpdx: unknown = JSON.parse(Buffer.from(toSpdx(own)).toString())
    const both = text.replace('formats: [cyclonedx]', 'formats: [spdx]')
    expect(judge(both, { provenance: build, sbom: { predicateType: PREDICATE.spdx, predicate: asSpdx } }).decision).toBe('allow')
  })
})
