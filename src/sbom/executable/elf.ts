import type { ByteView } from '../byte-view.ts'
import type { KeptBytes } from './kept-bytes.ts'
import { untilZero } from './layout.ts'
import type { Layout, Section, Segment } from './layout.ts'

const LOADED = 1
const EXECUTE = 1
const WRITE = 2
/** A section that has no bytes in the file. */
const NO_BITS = 8
const SECTION_WRITE = 1
const MAX_NAME = 64

/**
 * Reads the headers of an ELF file of either class and byte order (System V ABI, "Object Files"). Sections are left out where the
 * table of them, which lies at the end of the file, was not kept. Throws `artifact-malformed`.
 */
export function readElf(kept: KeptBytes): Layout {
  const ident = kept.view(0, 16, 'little')
  const wide = ident.u8(4) === 2
  const order = ident.u8(5) === 2 ? 'big' : 'little'
  const header = kept.view(0, wide ? 64 : 52, order)
  const word = (view: ByteView, at: number): number => (wide ? view.u64(at) : view.u32(at))
  return {
    format: 'elf',
    order,
    pointerSize: wide ? 8 : 4,
    segments: readSegments(),
    sections: readSections(),
  }

  function readSegments(): Segment[] {
    const start = word(header, wide ? 32 : 28)
    const size = header.u16(wide ? 54 : 42)
    const count = header.u16(wide ? 56 : 44)
    const least = wide ? 56 : 32
    if (count === 0 || size < least) return []
    const table = kept.view(start, size * count, order)
    const segments: Segment[] = []
    for (let at = 0; at < size * count; at += size) {
      const flags = table.u32(at + (wide ? 4 : 24))
      if (table.u32(at) !== LOADED) continue
      segments.push({
        offset: word(table, at + (wide ? 8 : 4)),
        address: word(table, at + (wide ? 16 : 8)),
        size: word(table, at + (wide ? 32 : 16)),
        writable: (flags & WRITE) !== 0,
        executable: (flags & EXECUTE) !== 0,
      })
    }
    return segments
  }

  function readSections(): Section[] {
    const start = word(header, wide ? 40 : 32)
    const size = header.u16(wide ? 58 : 46)
    const count = header.u16(wide ? 60 : 48)
    const namesAt = header.u16(wide ? 62 : 50) * size
    const least = wide ? 64 : 40
    if (start === 0 || count === 0 || size < least || namesAt >= size * count || !kept.has(start, size * count)) return []
    const table = kept.view(start, size * count, order)
    const place = (at: number): { offset: number; size: number } => ({
      offset: word(table, at + (wide ? 24 : 16)),
      size: word(table, at + (wide ? 32 : 20)),
    })
    const namesPlace = place(namesAt)
    if (!kept.has(namesPlace.offset, namesPlace.size)) return []
    const names = kept.view(namesPlace.offset, namesPlace.size, order)
    const sections: Section[] = []
    for (let at = 0; at < size * count; at += size) {
      const nameAt = table.u32(at)
      if (table.u32(at + 4) === NO_BITS || nameAt >= names.size) continue
      sections.push({
        name: untilZero(names.ascii(nameAt, Math.min(MAX_NAME, names.size - nameAt))),
        address: word(table, at + (wide ? 16 : 12)),
        ...place(at),
        writable: (table.u32(at + (wide && order === 'big' ? 12 : 8)) & SECTION_WRITE) !== 0,
      })
    }
    return sections
  }
}
