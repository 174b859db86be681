import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { equalBytes, textOf, utf8 } from '../kernel/bytes.ts'
import { TallyError } from '../kernel/errors.ts'
import { parseBundle } from '../evidence/bundle.ts'
import { parseEnvelope } from '../evidence/dsse.ts'
import type { UnverifiedEvidence } from '../evidence/evidence.ts'
import { parseStatement } from '../evidence/statement.ts'
import {
  authorityOf,
  evidenceOf,
  newSigner,
  provenanceFor,
  signedEvidence,
  trustOf,
  wrappedArtifact,
} from '../../test/support/signed-evidence.ts'
import { verifyEvidence } from './verify.ts'

const artifact = wrappedArtifact()
const alice = newSigner()
const trust = trustOf(authorityOf('alice', alice))
const good = await signedEvidence(alice, provenanceFor(artifact))

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

const TOKENS = ['null', '[]', '{}', '""', '0', '-1', '1e999', 'true', '"A"', '"../"', '\u0000', '"__proto__":1,', '{"a":', ']', '}', ',']

/** One to three edits: a bit, a byte, a piece cut, doubled, or replaced by a token of JSON. */
function mutate(bytes: Uint8Array, below: (n: number) => number): Uint8Array {
  let now = Array.from(bytes)
  for (let edits = 1 + below(3); edits > 0; edits -= 1) {
    const at = below(now.length)
    const length = 1 + below(12)
    const kind = below(5)
    if (kind === 0) now[at] = (now[at] ?? 0) ^ (1 << below(8))
    else if (kind === 1) now[at] = below(256)
    else if (kind === 2) now.splice(at, length)
    else if (kind === 3) now.splice(at, 0, ...now.slice(at, at + length))
    else now.splice(at, length, ...utf8(TOKENS[below(TOKENS.length)] ?? ''))
    if (now.length === 0) now = [0]
  }
  return Uint8Array.from(now)
}

/** What is signed and the signature; undefined when the bytes are no bundle. */
function signedPart(bytes: Uint8Array): readonly Uint8Array[] | undefined {
  try {
    const { content } = parseBundle(bytes, 'mutant')
    return content.kind === 'dsse'
      ? [utf8(content.envelope.payloadType), content.envelope.payload, ...content.envelope.signatures.map((one) => one.sig)]
      : undefined
  } catch (error) {
    if (error instanceof TallyError) return undefined
    throw error
  }
}

test('of ten thousand mutated bundles none is accepted, save where type, payload and signature are untouched', async () => {
  const below = numbersFrom(20_261_125)
  const original = signedPart(good.bytes) ?? []
  let accepted = 0
  for (let n = 0; n < 10_000; n += 1) {
    const mutant = mutate(good.bytes, below)
    const result = await verifyEvidence(evidenceOf(mutant), artifact, trust)
    if (!result.ok) continue
    accepted += 1
    const part = signedPart(mutant)
    const same = part?.length === original.length && part.every((bytes, at) => equalBytes(bytes, original[at] ?? new Uint8Array(0)))
    expect(same, textOf(mutant)).toBe(true)
  }
  // Some mutants only touch the hint: were none accepted, the mutations would miss the bundle altogether.
  expect(accepted).toBeGreaterThan(100)
  expect(accepted).toBeLessThan(3000)
})

describe('whatever the bytes', () => {
  const json = fc.json({ maxDepth: 6 }).map(utf8)
  const anything = fc.oneof(json, fc.uint8Array({ maxLength: 200 }))
  const forms = fc.constantFrom<UnverifiedEvidence['form']>('bundle', 'cosign-attestation', 'cosign-signature')
  const annotations = fc.dictionary(fc.constantFrom('dev.cosignproject.cosign/signature', 'dev.tallystick.log.proof', 'x'), fc.string())

  test('verifying answers with a rejection and never throws', async () => {
    await fc.assert(
      fc.asyncProperty(anything, forms, annotations, async (bytes, form, claims) => {
        const result = await verifyEvidence(evidenceOf(bytes, form, claims), artifact, trust)
        expect(result.ok).toBe(false)
      }),
      { numRuns: 500, seed: 7 },
    )
  })

  test.each<[string, (bytes: Uint8Array) => unknown]>([
    ['a bundle', (bytes) => parseBundle(bytes, 'x')],
    ['a statement', (bytes) => parseStatement(bytes, 'x')],
    ['an envelope', (bytes) => parseEnvelope(asJson(bytes), 'x')],
  ])('reading %s gives it or a TallyError', (_, read) => {
    fc.assert(
      fc.property(anything, (bytes) => {
        try {
          read(bytes)
        } catch (error) {
          expect(error).toBeInstanceOf(TallyError)
          expect((error as TallyError).code).not.toBe('bug')
        }
      }),
      { numRuns: 500, seed: 7 },
    )
  })
})

function asJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes)) as unknown
  } catch {
    return undefined
  }
}

describe('hostile shapes', () => {
  const bundle = JSON.parse(textOf(good.bytes)) as Record<string, unknown>
  const hostile: unknown[] = [
    null,
    0,
    '',
    [],
    {},
    [null],
    true,
    { toString: null },
    'constructor',
    Number.MAX_SAFE_INTEGER,
    '\u0000',
    [[[]]],
  ]
  const fields = [
    'mediaType',
    'verificationMaterial',
    'dsseEnvelope',
    'messageSignature',
    'verificationMaterial.publicKey',
    'verificationMaterial.tlogEntries',
    'verificationMaterial.timestampVerificationData',
    'dsseEnvelope.payload',
    'dsseEnvelope.payloadType',
    'dsseEnvelope.signatures',
    'dsseEnvelope.signatures.0',
    'dsseEnvelope.signatures.0.sig',
  ]

  test.each(fields)('in the place of %s are rejected, or change nothing that is signed', async (field) => {
    for (const value of hostile) {
      const changed = structuredClone(bundle)
      const path = field.split('.')
      const parent = path.slice(0, -1).reduce<Record<string, unknown>>((at, key) => at[key] as Record<string, unknown>, changed)
      parent[path.at(-1) ?? ''] = value
      const result = await verifyEvidence(evidenceOf(utf8(JSON.stringify(changed))), artifact, trust)
      const unsigned = /^verificationMaterial|^messageSignature/.test(field)
      expect(result.ok && !unsigned, JSON.stringify(value)).toBe(false)
    }
  })
})

test('what is signed comes back as it was, for any predicate', async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue({ maxDepth: 4 }), async (predicate) => {
      const statement = { ...provenanceFor(artifact), predicateType: 'https://example.com/any', predicate }
      const result = await verifyEvidence(await signedEvidence(alice, statement), artifact, trust)
      expect(result.ok && result.receipt.statement.predicate).toEqual(JSON.parse(JSON.stringify(predicate)))
    }),
    { numRuns: 50, seed: 7 },
  )
})
