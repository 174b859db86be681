import { describe, expect, it } from 'vitest'
import { TallyError } from '../kernel/errors.ts'
import { digestOf } from '../kernel/digest.ts'
import { utf8 } from '../kernel/bytes.ts'
import { parsePolicy } from './document.ts'
import { FULL_POLICY } from './test-receipts.ts'

function refusal(text: string): { where: string | undefined; message: string } {
  try {
    parsePolicy(utf8(text), 'prod.yaml')
  } catch (error) {
    if (error instanceof TallyError && error.code === 'policy-invalid') return { where: error.where, message: error.message }
    throw error
  }
  throw new Error('was not refused')
}

const HEAD = 'version: 1\nname: p\n'
const SIGNED = `${HEAD}require:\n  signature: { from: [a] }\n`

const waiver = (change: object): string =>
  `${SIGNED}waivers: [${JSON.stringify({ id: 'w', clause: 'signature', 'asked-by': 'a', 'approved-by': 'b', reason: 'r', ticket: 't', scope: '*', 'not-after': '2027-01-01T00:00:00Z', ...change })}]\n`

describe('parsePolicy', () => {
  it('reads a policy, fills in defaults, and names the very bytes', () => {
    const bytes = utf8(`# a comment counts too\n${SIGNED}`)
    const policy = parsePolicy(bytes, 'prod.yaml')
    expect(policy.name).toBe('p')
    expect(policy.digest).toBe(digestOf(bytes))
    expect(policy.digest).not.toBe(parsePolicy(utf8(SIGNED), 'prod.yaml').digest)
    expect(policy.rules).toMatchObject({ require: { signature: { from: ['a'], count: 1 } }, 'allow-asserted-time': false, waivers: [] })
    expect(parsePolicy(utf8(FULL_POLICY), 'prod.yaml').rules.forbid?.['unknown-licences']).toBe('deny')
  })

  it.each([
    ['', 'prod.yaml', 'is empty'],
    [HEAD, 'prod.yaml:1:1', 'field `require`: is missing'],
    [`${HEAD}require: {}\n`, 'prod.yaml:3:1', 'requires nothing'],
    [`${HEAD}require:\n  log: { of: [sbom] }\n`, 'prod.yaml:3:1', 'requires nothing'],
    [`${SIGNED}  log: { of: [sbom] }\n`, 'prod.yaml:5:15', 'names sbom, which this policy does not require'],
    [`${SIGNED}requires: {}\n`, 'prod.yaml:5:1', 'field `requires`: is not a known field'],
    [`${HEAD}require:\n  signature: { from: [a], form: b }\n`, 'prod.yaml:4:27', 'field `require.signature.form`: is not a known field'],
    [`${HEAD}require:\n  signature: { from: [] }\n`, 'prod.yaml:4:16', 'field `require.signature.from`'],
    [`${HEAD}require:\n  signature: { from: a }\n`, 'prod.yaml:4:22', 'expected array'],
    [`${HEAD}require:\n  signature: { from: [a], count: 0 }\n`, 'prod.yaml:4:34', 'field `require.signature.count`'],
    [`version: 2\nname: p\nrequire: { signature: { from: [a] } }\n`, 'prod.yaml:1:10', 'field `version`'],
    [`${HEAD}require:\n  provenance: { from: [a], clean: false }\n`, 'prod.yaml:4:35', 'field `require.provenance.clean`'],
    [`${HEAD}require:\n  provenance: { from: [a], builder: one }\n`, 'prod.yaml:4:37', 'must be a URI'],
    [`${HEAD}require:\n  provenance: { from: [a], max-age: 30 days }\n`, 'prod.yaml:4:37', 'length of time'],
    [`${HEAD}require:\n  verdict: { from: [a], levels: [three] }\n`, 'prod.yaml:4:34', 'must be a level'],
    [`${SIGNED}forbid: { packages: ["pkg:npm/a"] }\n`, 'prod.yaml:5:1', 'needs require.sbom'],
    [`${HEAD}require: { sbom: { from: [a] } }\nforbid: { licences: [AGPL3] }\n`, 'prod.yaml:4:22', 'is not one SPDX licence id'],
    [`${HEAD}require: { sbom: { from: [a] } }\nforbid: { licences: [MIT OR ISC] }\n`, 'prod.yaml:4:22', 'is not one SPDX licence id'],
    [`${HEAD}require: { sbom: { from: [a] } }\nforbid: { packages: [left-pad] }\n`, 'prod.yaml:4:22', 'is not a package URL'],
    [`${HEAD}require: { sbom: { from: [a] } }\nforbid: { packages: ["pkg:npm/a@>=x.y.z"] }\n`, 'prod.yaml:4:22', 'is not a package URL'],
    [`${SIGNED}name: q\n`, 'prod.yaml:5:1', 'twice'],
    [`${SIGNED}---\n${SIGNED}`, 'prod.yaml', 'more than one YAML document'],
    ['version: [1\n', 'prod.yaml:2:1', 'is not YAML'],
    [`${SIGNED}waivers: [{ id: w }]\n`, 'prod.yaml:5:11', 'is missing'],
  ])('refuses %j at %s: %s', (text, where, message) => {
    const refused = refusal(text)
    expect(refused.message).toContain(message)
    expect(refused.where).toBe(where)
  })

  it('refuses waivers of clauses that do not exist, without a time zone, and two of one name', () => {
    expect(() => parsePolicy(utf8(waiver({})), 'p')).not.toThrow()
    expect(refusal(waiver({ clause: 'signatures' })).message).toContain('is no clause')
    expect(refusal(waiver({ 'not-after': '2027-01-01' })).message).toContain('not-after')
    expect(refusal(waiver({ reason: ' ' })).message).toContain('reason')
    expect(refusal(waiver({}).replace(/waivers: \[(.*)\]/, 'waivers: [$1, $1]')).message).toContain('used twice')
  })

  it('does not follow a bomb of aliases', () => {
    const bomb = [
      'a0: &a0 [x, x, x, x, x, x, x, x, x, x]',
      ...Array.from({ length: 9 }, (_, index) => `a${index + 1}: &a${index + 1} [${Array(10).fill(`*a${index}`).join(', ')}]`),
    ]
    expect(() => parsePolicy(utf8(bomb.join('\n')), 'p')).toThrow('yamlNodes')
  })
})
