/** The only exception there is: asked by one person, approved by another, with a reason, a scope and an end. */
export type Waiver = {
  readonly id: string
  /** The clause or rule it waives, written exactly. */
  readonly clause: string
  readonly askedBy: string
  readonly approvedBy: string
  readonly reason: string
  readonly ticket: string
  /** What it covers: a digest, a file path, a package URL; `*` must be written to mean all. */
  readonly scope: string
  /** RFC 3339 time after which it no longer holds. */
  readonly notAfter: string
}

export type WaiverState = { readonly holds: true } | { readonly holds: false; readonly why: string }

/** Whether a waiver holds at `now` for `scope`. Approver and asker must differ; the end must lie ahead; scope must match exactly or be `*`. */
export function waiverState(waiver: Waiver, scope: string, now: Date): WaiverState {
  if (waiver.askedBy.trim().toLowerCase() === waiver.approvedBy.trim().toLowerCase()) {
    return { holds: false, why: `waiver ${waiver.id} was approved by the person who asked for it` }
  }
  const end = Date.parse(waiver.notAfter)
  if (Number.isNaN(end)) return { holds: false, why: `waiver ${waiver.id} has no readable end` }
  if (end < now.getTime()) return { holds: false, why: `waiver ${waiver.id} ended ${waiver.notAfter}` }
  if (waiver.scope !== '*' && waiver.scope !== scope) return { holds: false, why: `waiver ${waiver.id} covers ${waiver.scope} only` }
  return { holds: true }
}
