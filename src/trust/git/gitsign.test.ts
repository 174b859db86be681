import { describe, expect, test } from 'vitest'
import { utf8 } from '../../kernel/bytes.ts'
import { signGitsign } from '../../../test/support/gitsign.ts'
import type { GitsignPlan } from '../../../test/support/gitsign.ts'
import { newPair } from '../../../test/support/sigstore-in-memory/certificates.ts'
import {
  IDENTITY,
  ISSUER,
  issuerCertificate,
  leafOf,
  logs,
  rootCertificate,
  stamp,
} from '../../../test/support/sigstore-in-memory/instance.ts'
import { promise } from '../../../test/support/sigstore-in-memory/logs.ts'
import { byIdentity, fakeInstance, fakeRoot } from '../../../test/support/sigstore-in-memory/verify.ts'
import type { Instance } from '../authority.ts'
import { verifyGitsign } from './gitsign.ts'

const PAYLOAD = utf8('tree 0123\n\nA change\n')
const key = newPair()

function identities(identity = IDENTITY, issuer = ISSUER, instance: Instance = fakeInstance()) {
  return byIdentity(instance, identity, issuer).authorities.filter((one) => one.kind === 'identity')
}

async function judge(plan: Partial<GitsignPlan>, trusted = identities(), payload = PAYLOAD) {
  try {
    return await verifyGitsign(payload, signGitsign({ payload: PAYLOAD, key, ...plan }), trusted, 'the commit')
  } catch (error) {
    return { code: (error as { code: string }).code, why: (error as Error).message }
  }
}

describe('a commit signed by gitsign', () => {
  test('is by the identity in its certificate', async () => {
    expect(await judge({})).toEqual({ signer: `${IDENTITY} (by ${ISSUER})` })
    const leaf = leafOf(key, { serial: 8 })
    expect(await judge({ bag: [issuerCertificate, leaf], leaf, serial: 8 })).toHaveProperty('signer')
  })

  test('may have its time from a timestamp beside, which then counts too', async () => {
    expect(await judge({ stamp: (signature) => stamp(signature) })).toHaveProperty('signer')
    expect(await judge({ stamp: () => stamp(utf8('another signature')) })).toMatchObject({ code: 'untrusted' })
    expect(await judge({ stamp: (signature) => stamp(signature, { time: '2026-03-01T00:00:00Z' }) })).toMatchObject({
      code: 'untrusted',
      why: expect.stringMatching(/valid/),
    })
  })

  const other = newPair()
  const own = leafOf(key)
  test.each<[string, Partial<GitsignPlan>, string, RegExp]>([
    ['is over another commit', { attributesOver: utf8('tree 4567\n') }, 'signature-invalid', /does not match its bytes/],
    ['is by another key than that of its certificate (CVE-2023-47122)', { leaf: leafOf(other) }, 'signature-invalid', /its certificate/],
    ['brings content of its own', { content: PAYLOAD }, 'evidence-malformed', /content of its own/],
    ['has two signers', { signerInfos: 2 }, 'evidence-malformed', /not exactly one signer/],
    ['has none', { signerInfos: 0 }, 'evidence-malformed', /not exactly one signer/],
    ['brings no certificate of its signer', { bag: [issuerCertificate] }, 'evidence-malformed', /certificate of its signer/],
    ['names a certificate it does not bring', { serial: 9 }, 'evidence-malformed', /certificate of its signer/],
    ['brings a root of its own', { leaf: own, bag: [own, rootCertificate] }, 'untrusted', /root certificate of its own/],
    ['has no log entry', { entry: () => undefined }, 'untrusted', /no log entry/],
    // The attacks of CVE-2024-51746: an entry of the log that is about something else.
    ['has an entry about another message (CVE-2024-51746)', { entryOver: { message: utf8('x') } }, 'untrusted', /does not match its entry/],
    [
      'has an entry about another signature (CVE-2024-51746)',
      { entryOver: { signature: utf8('x') } },
      'untrusted',
      /does not match its entry/,
    ],
    ['has an entry about another certificate (CVE-2024-51746)', { entryOver: { leaf: leafOf(other) } }, 'untrusted', /does not match/],
    ['has an entry of a log nobody knows', { log: { log: { ...logs.v1, pair: newPair() } } }, 'untrusted', /log that is not trusted/],
    [
      'has an entry whose time was changed',
      { entry: (entry) => ({ ...entry, integratedTime: String(Number(entry.integratedTime) + 1) }) },
      'untrusted',
      /does not match its entry/,
    ],
    [
      'has an entry that promises nothing',
      {
        entry: (entry) => {
          const { inclusionPromise: _, ...rest } = entry
          return rest
        },
      },
      'untrusted',
      /no signed entry timestamp/,
    ],
    [
      'was logged when its certificate was over',
      {
        entry: (entry) => {
          const late = { ...entry, integratedTime: String(Date.parse('2026-01-01T01:00:00Z') / 1000) }
          return { ...late, inclusionPromise: { signedEntryTimestamp: promise(logs.v1, late) } }
        },
      },
      'untrusted',
      /valid/,
    ],
    ['has a certificate of an unknown authority', { leaf: leafOf(key, { signer: other }) }, 'untrusted', /authority/],
    ['has a certificate that is in no certificate log', { leaf: leafOf(key, { scts: [] }) }, 'untrusted', /certificate log/],
  ])('that %s is refused', async (_, plan, code, why) => {
    expect(await judge(plan)).toMatchObject({ code, why: expect.stringMatching(why) })
  })

  test('is refused when it is of another commit than the one it stands in', async () => {
    expect(await judge({}, identities(), utf8('tree 4567\n\nA change\n'))).toMatchObject({ code: 'signature-invalid' })
  })

  test.each([
    ['nobody is trusted', []],
    ['another identity is', identities(`${IDENTITY}x`)],
    ['the identity is, of another issuer', identities(IDENTITY, `${ISSUER}.evil.example`)],
  ])('is refused when %s', async (_, trusted) => {
    expect(await judge({}, trusted)).toMatchObject({ code: 'untrusted', why: expect.stringContaining('who is not trusted') })
  })

  test('needs as many witnesses as the instance asks for', async () => {
    const strict = identities(IDENTITY, ISSUER, fakeInstance(fakeRoot(), { timestamps: 1 }))
    expect(await judge({}, strict)).toMatchObject({ code: 'untrusted', why: expect.stringMatching(/timestamps of 0/) })
    expect(await judge({ stamp: (signature) => stamp(signature) }, strict)).toHaveProperty('signer')
  })

  test('is refused in whatever way its bytes are changed', { timeout: 60_000 }, async () => {
    const text = signGitsign({ payload: PAYLOAD, key })
    const [head = '', body = '', tail = ''] = /^(-----[A-Z ]+-----\n)([^-]+)(-----[A-Z ]+-----\n)$/.exec(text)?.slice(1) ?? []
    const der = Buffer.from(body, 'base64')
    const accepted: number[] = []
    for (let at = 0; at < der.length; at += 1) {
      const changed = Buffer.from(der)
      changed[at] = (changed[at] ?? 0) ^ 1
      const lines = changed.toString('base64').match(/.{1,64}/g) ?? []
      const verdict = await verifyGitsign(PAYLOAD, `${head}${lines.join('\n')}\n${tail}`, identities(), 'x').catch(
        (error: { code?: string }) => error,
      )
      if ('signer' in verdict) accepted.push(at)
      else expect(['untrusted', 'signature-invalid', 'evidence-malformed', 'limit-exceeded']).toContain(verdict.code)
    }
    expect(accepted).toEqual([])
  })
})
