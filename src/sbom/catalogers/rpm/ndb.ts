import { malformed, viewBytes } from '../../byte-view.ts'

/** "RpmP", "Slot" and "BlbS" as little-endian numbers (rpm, lib/backend/ndb/rpmpkg.c). */
const DATABASE = 0x506d7052
const SLOT = 0x746f6c53
const BLOB = 0x53626c42
const PAGE = 4096
const SLOT_SIZE = 16
/** Blobs lie at multiples of this. */
const BLOCK = 16

/**
 * The headers in a Packages.db of SUSE's own format: pages of slots at the front, each naming a package's number and where its blob is.
 * Throws `artifact-malformed`.
 */
export function* readNdb(bytes: Uint8Array, where: string): Generator<Uint8Array> {
  const view = viewBytes(bytes, 'little', where)
  if (view.u32(0) !== DATABASE) throw malformed(where, 'is no package database of the format NDB')
  if (view.u32(4) !== 0) throw malformed(where, `is of version ${view.u32(4)} of the format NDB, which is not read`)
  const slotsEnd = view.u32(12) * PAGE
  let given = 0
  // The header of the file takes the place of the first two slots.
  for (let at = 2 * SLOT_SIZE; at < slotsEnd; at += SLOT_SIZE) {
    if (view.u32(at) !== SLOT) throw malformed(where, `has no slot at byte ${at}`)
    const number = view.u32(at + 4)
    const offset = view.u32(at + 8)
    if (number === 0 || offset === 0) continue
    const blobAt = offset * BLOCK
    if (view.u32(blobAt) !== BLOB || view.u32(blobAt + 4) !== number)
      throw malformed(where, `has no blob of package ${number} at byte ${blobAt}`)
    const size = view.u32(blobAt + 12)
    given += size
    if (given > view.size) throw malformed(where, 'has slots that share one blob')
    yield view.slice(blobAt + 16, size)
  }
}
