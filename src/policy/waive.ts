import { waiverState } from '../kernel/waiver.ts'
import type { Waiver } from '../kernel/waiver.ts'
import type { ClauseName } from './clause-names.ts'

/** What the waivers of a policy say of one result: who covers it, if all of it is covered, and which do not hold and why. */
export type WaiverAnswer = { readonly waivedBy?: string; readonly notes: readonly string[] }

export type AskWaivers = (clause: ClauseName, about?: readonly string[]) => WaiverAnswer

/**
 * Asks the waivers for one artifact at one time. A waiver covers a clause whole when its scope is one of the artifact's
 * digests or `*`; where a result is about packages, waivers for each of them by package URL do too.
 */
export function askWaivers(waivers: readonly Waiver[], digests: readonly string[], now: Date): AskWaivers {
  return (clause, about = []) => {
    const asked = waivers.filter((waiver) => waiver.clause === clause)
    const notes: string[] = []
    for (const waiver of asked) {
      const states = digests.map((digest) => waiverState(waiver, digest, now))
      if (states.some((state) => state.holds)) return { waivedBy: waiver.id, notes: [] }
    }
    const covered = about.map((item) => asked.find((waiver) => waiverState(waiver, item, now).holds)?.id)
    const ids = covered.filter((id) => id !== undefined)
    if (about.length > 0 && ids.length === about.length) return { waivedBy: [...new Set(ids)].join(', '), notes: [] }
    for (const waiver of asked) {
      const states = [...about, ...digests].map((scope) => waiverState(waiver, scope, now))
      const why = states.find((state) => !state.holds)
      if (why !== undefined && !why.holds && !states.some((state) => state.holds)) notes.push(why.why)
    }
    return { notes }
  }
}
