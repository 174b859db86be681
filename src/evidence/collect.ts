import { overLimit, readAll } from '../kernel/bytes.ts'
import { digestOf } from '../kernel/digest.ts'
import type { Digest } from '../kernel/digest.ts'
import { TallyError, asTallyError } from '../kernel/errors.ts'
import { canonicalJson } from '../kernel/json.ts'
import { LIMITS } from '../kernel/limits.ts'
import { ANNOTATION } from './evidence.ts'
import type { UnverifiedEvidence } from './evidence.ts'

/** Evidence that is there and could not be read: never silently dropped, so that a verdict can be `unknown` because of it. */
export type Unreadable = { readonly where: string; readonly error: TallyError }

/** What a search found, what it could not read, and every place it looked in, in words. */
export type Found = {
  readonly found: readonly UnverifiedEvidence[]
  readonly unreadable: readonly Unreadable[]
  readonly looked: readonly string[]
}

export type Collector = {
  /** Keeps a piece. The same bytes with the same claims are kept once. Throws `limit-exceeded` (evidencePerArtifact, evidenceBytes). */
  readonly keep: (piece: Pick<UnverifiedEvidence, 'bytes' | 'form' | 'where' | 'annotations'>) => void
  /** Runs a read; what it throws about its one place is kept as unreadable. What concerns the whole run is thrown on. */
  readonly attempt: (where: string, read: () => Promise<void>) => Promise<void>
  readonly look: (place: string) => void
  /** Reads one piece whole within LIMITS.bundleBytes and what is left of LIMITS.evidenceBytes. */
  readonly read: (stream: AsyncIterable<Uint8Array>, where: string) => Promise<Uint8Array>
  readonly result: () => Found
}

/** Gathers evidence from one or several places within the caps of one artifact. */
export function collectEvidence(): Collector {
  const found = new Map<string, UnverifiedEvidence>()
  const unreadable: Unreadable[] = []
  const looked: string[] = []
  let size = 0
  /** The refusal of the whole search, as opposed to that of one piece. */
  let refusal: Error | undefined
  const refuse = (name: 'evidenceBytes' | 'evidencePerArtifact', where: string): Error => {
    refusal = overLimit(name, LIMITS[name], where)
    return refusal
  }
  return {
    keep: ({ bytes, form, where, annotations }) => {
      size += bytes.byteLength + textSize(annotations)
      if (size > LIMITS.evidenceBytes) throw refuse('evidenceBytes', where)
      const digest = digestOf(bytes)
      const key = identityOf(form, digest, annotations)
      if (found.has(key)) return
      if (found.size >= LIMITS.evidencePerArtifact) throw refuse('evidencePerArtifact', where)
      found.set(key, { kind: 'unverified', bytes, form, digest, where, annotations })
    },
    read: async (stream, where) => {
      const room = LIMITS.evidenceBytes - size
      if (room >= LIMITS.bundleBytes) return await readAll(stream, LIMITS.bundleBytes, 'bundleBytes', where)
      try {
        return await readAll(stream, room, 'evidenceBytes', where)
      } catch (error) {
        if (error instanceof TallyError && error.code === 'limit-exceeded') throw refuse('evidenceBytes', where)
        throw error
      }
    },
    attempt: async (where, read) => {
      try {
        await read()
      } catch (error) {
        const known = asTallyError(error, where)
        if (known === refusal || known.code === 'interrupted' || known.code === 'bug') throw known
        unreadable.push({ where, error: known })
      }
    },
    look: (place) => looked.push(place),
    result: () => ({ found: [...found.values()], unreadable, looked }),
  }
}

function textSize(annotations: Readonly<Record<string, string>>): number {
  return Object.entries(annotations).reduce((sum, [key, value]) => sum + key.length + value.length, 0)
}

/**
 * Two pieces are the same only if their claims are too: otherwise a copy with a false log proof, attached by anybody,
 * could take the place of the true one.
 */
function identityOf(form: UnverifiedEvidence['form'], digest: Digest, annotations: Readonly<Record<string, string>>): string {
  const claims = Object.entries(annotations).filter(([key]) => key !== ANNOTATION.created)
  return canonicalJson([form, digest, claims.toSorted(([a], [b]) => (a < b ? -1 : 1))])
}
