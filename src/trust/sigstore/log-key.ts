import type { PublicKey } from '../keys.ts'
import type { TimeRange } from './time-range.ts'

/** A log of a trusted root: of signatures (Rekor) or of certificates. */
export type LogKey = {
  /** Its id, hexadecimal: how entries name it. */
  readonly id: string
  /** Host of its address, for messages; what its checkpoints call it. */
  readonly name: string
  /** Key ID of its checkpoints (C2SP signed-note), an unsigned 32-bit number. */
  readonly checkpointKeyHash: number
  /** Whom two logs must not share to count as two. */
  readonly operator: string
  readonly key: Pick<PublicKey, 'verify'>
  readonly validFor: TimeRange
}
