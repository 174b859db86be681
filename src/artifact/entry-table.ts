import type { TarEntry } from './tar.ts'
import type { TarEntryType } from './tar-header.ts'

/** What is remembered of an entry: all but its content. */
export type RecordedEntry = Pick<TarEntry, 'path' | 'type' | 'size' | 'mode' | 'linkTarget'>

/**
 * The entries of an archive in their order, as bytes: a layer has hundreds of thousands, and as objects they would be most of what a
 * process holds. Made by `startEntryTable` and read by `entriesOf`; of one version of this program, and no format for others.
 */
export type EntryTable = { readonly count: number; readonly bytes: Uint8Array }

const TYPES: readonly TarEntryType[] = ['file', 'hardlink', 'symlink', 'character-device', 'block-device', 'directory', 'fifo']
/** Type (1 byte), mode (2), size (8), bytes of the path (4), bytes of the link target and one (4; 0: no link), then path and target. */
const FIXED = 19
const FIRST_BYTES = 64 * 1024

export function startEntryTable(): { readonly add: (entry: RecordedEntry) => void; readonly finish: () => EntryTable } {
  let buffer = Buffer.allocUnsafeSlow(FIRST_BYTES)
  let used = 0
  let count = 0
  return {
    add: ({ path, type, size, mode, linkTarget }) => {
      // A UTF-16 unit is at most three bytes of UTF-8.
      const most = FIXED + 3 * (path.length + (linkTarget?.length ?? 0))
      if (used + most > buffer.byteLength) {
        const larger = Buffer.allocUnsafeSlow(Math.max(2 * buffer.byteLength, used + most))
        larger.set(buffer.subarray(0, used))
        buffer = larger
      }
      const pathBytes = buffer.write(path, used + FIXED)
      const linkBytes = linkTarget === undefined ? 0 : 1 + buffer.write(linkTarget, used + FIXED + pathBytes)
      buffer.writeUInt8(TYPES.indexOf(type), used)
      buffer.writeUInt16LE(mode, used + 1)
      buffer.writeDoubleLE(size, used + 3)
      buffer.writeUInt32LE(pathBytes, used + 11)
      buffer.writeUInt32LE(linkBytes, used + 15)
      used += FIXED + pathBytes + Math.max(0, linkBytes - 1)
      count += 1
    },
    finish: () => ({ count, bytes: buffer.subarray(0, used) }),
  }
}

/** The entries of a table, each made when it is asked for. */
export function* entriesOf({ bytes }: EntryTable): Generator<RecordedEntry, void, undefined> {
  const table = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at < table.byteLength;) {
    const path = at + FIXED
    const link = path + table.readUInt32LE(at + 11)
    const linkBytes = table.readUInt32LE(at + 15)
    const end = link + Math.max(0, linkBytes - 1)
    yield {
      path: table.toString('utf8', path, link),
      type: TYPES[table.readUInt8(at)] ?? 'file',
      size: table.readDoubleLE(at + 3),
      mode: table.readUInt16LE(at + 1),
      ...(linkBytes === 0 ? {} : { linkTarget: table.toString('utf8', link, end) }),
    }
    at = end
  }
}
