import { bundleFromJSON } from '@sigstore/bundle'
import { Verifier, toSignedEntity, toTrustMaterial } from '@sigstore/verify'
import { describe, expect, test } from 'vitest'
import { utf8 } from '../../src/kernel/bytes.ts'
import { digestOf } from '../../src/kernel/digest.ts'
import type { Trust } from '../../src/trust/authority.ts'
import { verifyEvidence } from '../../src/trust/verify.ts'
import { readSigstoreCases, trustOfCase } from '../conformance/sigstore-cases.ts'
import { newPair } from '../support/sigstore-in-memory/certificates.ts'
import { IDENTITY, ISSUER, signedBundle, trustedRootJson } from '../support/sigstore-in-memory/instance.ts'
import type { BundleJson } from '../support/sigstore-in-memory/instance.ts'
import { MESSAGE, byIdentity } from '../support/sigstore-in-memory/verify.ts'
import { sharedData } from '../support/shared-data.ts'
import { evidenceOf } from '../support/signed-evidence.ts'

// Bundles changed at random, by a seed: none may crash or hang, and whatever we accept another verifier must accept too.

/** A stream of whole numbers that a seed fixes (mulberry32). */
function numbersFrom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

type Edit = (text: string, below: (n: number) => number) => string
const at = (text: string, below: (n: number) => number): number => below(text.length)
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** Edits of a bundle's text. Most keep it JSON, so that what is changed gets as far as it can. */
const EDITS: readonly Edit[] = [
  (text, below) => {
    const strings = [...text.matchAll(/"([A-Za-z0-9+/]{16,}={0,2})"/g)]
    const one = strings[below(strings.length)]
    if (one === undefined) return text
    const place = one.index + 1 + below(one[1]?.length ?? 1)
    return text.slice(0, place) + (BASE64[below(64)] ?? 'A') + text.slice(place + 1)
  },
  (text, below) => {
    const numbers = [...text.matchAll(/"(\d{1,12})"/g)]
    const one = numbers[below(numbers.length)]
    return one === undefined ? text : `${text.slice(0, one.index)}"${below(1_000_000)}"${text.slice(one.index + one[0].length)}`
  },
  (text, below) => {
    const members = [...text.matchAll(/"[A-Za-z0-9]{3,40}":/g)]
    const one = members[below(members.length)]
    return one === undefined ? text : `${text.slice(0, one.index)}"x${one[0].slice(2)}${text.slice(one.index + one[0].length)}`
  },
  (text, below) => {
    const place = at(text, below)
    return text.slice(0, place) + String.fromCodePoint(32 + below(95)) + text.slice(place + 1)
  },
  (text, below) => {
    const place = at(text, below)
    return text.slice(0, place) + text.slice(place + 1 + below(8))
  },
]

/** Another verifier's answer: that of @sigstore/verify, by the same root, identity and message. */
function oracle(rootJson: object, identity: string, issuer: string, message: Uint8Array, bundle: string): boolean {
  try {
    const verifier = new Verifier(toTrustMaterial(rootJson as Parameters<typeof toTrustMaterial>[0]))
    const subject = new RegExp(`^${identity.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&')}$`)
    verifier.verify(toSignedEntity(bundleFromJSON(JSON.parse(bundle)), Buffer.from(message)), {
      subjectAlternativeName: subject,
      extensions: { issuer },
    })
    return true
  } catch {
    return false // It throws for every no.
  }
}

type Subject = {
  readonly name: string
  readonly text: string
  readonly message: Uint8Array
  readonly trust: Trust
  readonly asked: (text: string) => boolean
}

const { TrustedRoot } = await import('@sigstore/protobuf-specs')
const fake = TrustedRoot.fromJSON(trustedRootJson())
const fakes = (['v1', 'v2'] as const).map((log): Subject => ({
  name: `our own instance, Rekor ${log}`,
  text: JSON.stringify(signedBundle(MESSAGE, { key: newPair(), log, stamped: true })),
  message: MESSAGE,
  trust: byIdentity(),
  asked: (text) => oracle(fake, IDENTITY, ISSUER, MESSAGE, text),
}))

const data = sharedData('sigstore-conformance')
const real = (data === undefined ? [] : readSigstoreCases(data)).filter((one) =>
  ['happy-path-v0.3-new-mediaType', 'rekor2-happy-path'].includes(one.name),
)
const subjects = [
  ...fakes,
  ...real.map((one): Subject => {
    const root = TrustedRoot.fromJSON(JSON.parse(Buffer.from(one.root).toString('utf8')))
    return {
      name: one.name,
      text: Buffer.from(one.bundle).toString('utf8'),
      message: one.artifact,
      trust: trustOfCase(one),
      asked: (text) => oracle(root, one.identity, one.issuer, one.artifact, text),
    }
  }),
]

/** The other verifier wants the claimed digest of the message to be there, which the signature makes superfluous: it is put back where it is gone. */
function withDigest(changed: string, original: string): string {
  const bundle = JSON.parse(changed) as BundleJson
  const { messageDigest } = (JSON.parse(original) as BundleJson).messageSignature ?? {}
  const { digest, algorithm } = bundle.messageSignature?.messageDigest ?? {}
  if (bundle.messageSignature === undefined || messageDigest === undefined || (digest !== undefined && algorithm !== undefined))
    return changed
  return JSON.stringify({ ...bundle, messageSignature: { ...bundle.messageSignature, messageDigest } })
}

/** Where two texts differ, with a little around it. */
function describeChange(before: string, after: string): string {
  const from = before.split('').findIndex((one, place) => one !== after[place])
  return `${before.slice(Math.max(0, from - 40), from + 20)} -> ${after.slice(Math.max(0, from - 40), from + 20)}`
}

/** How many in all; more with TALLY_MUTATIONS. */
const COUNT = Number(process.env['TALLY_MUTATIONS'] ?? 10_000)

/** A bundle that takes longer hangs whoever verifies it. */
const HANG_MS = 50

/** CPU milliseconds of this thread, so that a busy machine is not mistaken for a slow verifier. */
async function cpuOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.threadCpuUsage()
  await work()
  const { user, system } = process.threadCpuUsage(before)
  return (user + system) / 1000
}

describe.each(subjects)('$name', ({ name, text, message, trust, asked }) => {
  const judge = async (bundle: string): Promise<boolean> => {
    const artifact = { kind: 'file', digest: digestOf(message), size: message.byteLength, name: 'x' } as const
    const content = async function* () {
      yield message
    }
    return (await verifyEvidence(evidenceOf(utf8(bundle)), artifact, trust, { content })).ok
  }

  test('is accepted by both as it is', async () => {
    expect([await judge(text), asked(text)]).toEqual([true, true])
  })

  test(
    'changed at random is never accepted where the other verifier refuses, and nothing throws',
    async () => {
      const below = numbersFrom(20_261_125)
      let accepted = 0
      let slowest = 0
      const disputed: string[] = []
      for (let n = 0; n < COUNT / subjects.length; n += 1) {
        let changed = text
        for (let edits = 1 + below(2); edits > 0; edits -= 1) changed = EDITS[below(EDITS.length)]?.(changed, below) ?? changed
        if (changed === text) continue
        let isAccepted = false
        const took = await cpuOf(async () => (isAccepted = await judge(changed)))
        // A bundle that hangs hangs every time; collecting the garbage of many others does not.
        slowest = Math.max(slowest, took < HANG_MS ? took : Math.min(await cpuOf(() => judge(changed)), await cpuOf(() => judge(changed))))
        if (!isAccepted) continue
        accepted += 1
        if (!asked(withDigest(changed, text))) disputed.push(describeChange(text, changed))
      }
      if (process.env['TALLY_MUTATIONS'] !== undefined)
        process.stderr.write(
          `${name}: ${accepted} of ${COUNT / subjects.length} accepted, ${disputed.length} by us alone; slowest ${slowest.toFixed(1)} ms of CPU\n`,
        )
      expect(disputed).toEqual([])
      expect(slowest).toBeLessThan(HANG_MS)
      // Some only touch what is nobody's business (a key hint, a member nobody reads).
      expect(accepted).toBeLessThan(COUNT / subjects.length / 5)
    },
    Math.max(300_000, COUNT * 20),
  )
})
