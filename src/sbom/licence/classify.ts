import { addToGroup } from '../../kernel/groups.ts'
import { once } from '../../kernel/once.ts'
import { licenceWords, sampleOf, shinglesOf, textHash } from './fingerprint.ts'
import { LICENCE_FINGERPRINTS } from './licence-fingerprints.ts'

/** What a text says its licence is, and how sure that is (0…1). */
export type Classified = { readonly licence: string; readonly confidence: number }

type Known = {
  readonly id: string
  readonly hash: string
  readonly step: number
  readonly shingles: ReadonlySet<number>
}

type Library = {
  readonly licences: readonly Known[]
  readonly steps: readonly number[]
  /** By each shingle the licences it is a sign of, as places in `licences`. */
  readonly signs: ReadonlyMap<number, readonly number[]>
}

const library = once((): Library => {
  const licences = LICENCE_FINGERPRINTS.trim().split('\n').map(readKnown)
  const signs = new Map<number, number[]>()
  for (const [place, { shingles }] of licences.entries()) for (const shingle of shingles) addToGroup(signs, shingle, place)
  return { licences, steps: [...new Set(licences.map(({ step }) => step))], signs }
})

function readKnown(line: string): Known {
  const [id = '', hash = '', step = '', shingles = ''] = line.split(' ')
  const bytes = Buffer.from(shingles, 'base64')
  const numbers = Array.from({ length: Math.floor(bytes.length / 4) }, (_, at) => bytes.readUInt32BE(at * 4))
  return { id, hash, step: Number(step), shingles: new Set(numbers) }
}

const SHORTEST = 20
/** So much of a licence must stand in a text for it to be there, and so much of the text be of it for the text to be it. */
const CONTAINED = 0.85
const ALIKE = 0.8
const NEAR = 0.03
/** So much of a further licence must be its own, and not of one that was found already. */
const OWN = 0.5

/**
 * Concludes the licence of a text, for the commonest licences. A text that is one of them word for word is certain; one that is alike
 * is as sure as it is alike; several in one text all apply. Undefined when none is recognised.
 */
export function classifyLicence(text: string): Classified | undefined {
  const words = licenceWords(text)
  if (words.length < SHORTEST) return undefined
  const hash = textHash(words)
  const same = library().licences.find((one) => one.hash === hash)
  if (same !== undefined) return { licence: same.id, confidence: 1 }
  const shingles = shinglesOf(words)
  const scored = scoreAll(shingles).filter(({ contained }) => contained >= CONTAINED)
  if (scored.length === 0) return undefined
  const best = mostAlike(scored)
  if (best !== undefined) return { licence: best.known.id, confidence: rounded(best.alike) }
  const found = separate(scored)
  const confidence = Math.min(...found.map(({ contained }) => contained)) * (found.length === 1 ? 0.9 : 0.8)
  return {
    licence: found
      .map(({ known: { id } }) => id)
      .toSorted()
      .join(' AND '),
    confidence: rounded(confidence),
  }
}

/** The licence a text is as a whole. Of two that are nearly as alike, one is the other with a condition more, and that one is meant. */
function mostAlike(scored: readonly Scored[]): Scored | undefined {
  const most = Math.max(...scored.map(({ alike }) => alike))
  if (most < ALIKE) return undefined
  return scored.filter(({ alike }) => alike >= most - NEAR).toSorted((a, b) => lengthOf(b.known) - lengthOf(a.known))[0]
}

type Scored = { readonly known: Known; readonly contained: number; readonly alike: number }

/** Of each licence how much stands in the text, and how alike both are as wholes (Dice). The text is gone through once for all of them. */
function scoreAll(text: ReadonlySet<number>): Scored[] {
  const { licences, steps, signs } = library()
  const shared = new Uint32Array(licences.length)
  const samples = new Uint32Array(steps.length)
  for (const shingle of text) {
    for (const place of signs.get(shingle) ?? []) shared[place] = (shared[place] ?? 0) + 1
    for (const [at, step] of steps.entries()) if (shingle % step === 0) samples[at] = (samples[at] ?? 0) + 1
  }
  return licences.map((known, place) => {
    const [both, size, sample] = [shared[place] ?? 0, known.shingles.size, samples[steps.indexOf(known.step)] ?? 0]
    return { known, contained: size === 0 ? 0 : both / size, alike: size === 0 ? 0 : (2 * both) / (size + sample) }
  })
}

/** Of the licences a text holds those that are not just a part of another one it holds: the longest first. */
function separate(scored: readonly Scored[]): Scored[] {
  const found: Scored[] = []
  for (const one of scored.toSorted((a, b) => lengthOf(b.known) - lengthOf(a.known))) {
    if (!found.some((other) => 1 - shareIn(one.known, other.known) < OWN)) found.push(one)
  }
  return found
}

/** How much of a licence stands in another one. Steps are powers of two, so the coarser sample holds for both. */
function shareIn(one: Known, other: Known): number {
  const sample = sampleOf(one.shingles, Math.max(one.step, other.step))
  return sample.length === 0 ? 0 : sample.filter((shingle) => other.shingles.has(shingle)).length / sample.length
}

function lengthOf({ shingles, step }: Known): number {
  return shingles.size * step
}

function rounded(confidence: number): number {
  return Math.round(confidence * 100) / 100
}
