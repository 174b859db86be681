import { describe, expect, test } from 'vitest'
import { digestOf } from '../../src/kernel/digest.ts'
import { TallyError } from '../../src/kernel/errors.ts'
import { verifyEvidence } from '../../src/trust/verify.ts'
import { sharedData } from '../support/shared-data.ts'
import { evidenceOf } from '../support/signed-evidence.ts'
import { readSigstoreCases, trustOfCase } from './sigstore-cases.ts'
import type { SigstoreCase } from './sigstore-cases.ts'

const data = sharedData('sigstore-conformance')
const cases = data === undefined ? [] : readSigstoreCases(data)

describe.skipIf(data === undefined)('sigstore-conformance', () => {
  test('has cases of both kinds', () => {
    expect(cases.filter((one) => one.fails).length).toBeGreaterThan(30)
    expect(cases.filter((one) => !one.fails).length).toBeGreaterThan(15)
  })

  /** A key that cannot be read at all counts as refused. */
  const judge = async (one: SigstoreCase, content?: () => AsyncIterable<Uint8Array>): Promise<readonly [answer: string, why: string]> => {
    const artifact = { kind: 'file', digest: digestOf(one.artifact), size: one.artifact.byteLength, name: 'a.txt' } as const
    try {
      const options = { anyPredicate: true, ...(content === undefined ? {} : { content }) }
      const result = await verifyEvidence(evidenceOf(one.bundle), artifact, trustOfCase(one), options)
      return result.ok ? ['accepted', ''] : ['refused', result.rejection.why]
    } catch (error) {
      if (error instanceof TallyError && error.code === 'key-invalid') return ['refused', error.message]
      throw error
    }
  }

  test.each(cases)('$name, by the bytes of the artifact', async (one) => {
    const [answer, why] = await judge(one, async function* () {
      yield one.artifact
    })
    expect(answer, why).toBe(one.fails ? 'refused' : 'accepted')
  })

  test.each(cases)('$name, by its digest alone', async (one) => {
    const [answer, why] = await judge(one)
    expect(answer, why).toBe(one.fails ? 'refused' : 'accepted')
  })

  test.each(cases.filter((one) => !one.fails))('$name, and not by somebody else or by another issuer', async (one) => {
    expect((await judge({ ...one, identity: `${one.identity}x` }))[0]).toBe(one.key === undefined ? 'refused' : 'accepted')
    expect((await judge({ ...one, issuer: one.issuer.slice(0, -1) }))[0]).toBe(one.key === undefined ? 'refused' : 'accepted')
    expect((await judge({ ...one, artifact: Uint8Array.of(...one.artifact, 0) }))[0]).toBe('refused')
  })
})
