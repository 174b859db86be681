import { malformed } from '../byte-view.ts'
import type { KeptBytes } from './kept-bytes.ts'
import { untilZero } from './layout.ts'
import type { Layout, Section } from './layout.ts'

const SIGNATURE = 'PE\0\0'
const PE32 = 0x10b
const PE32_PLUS = 0x20b
const SECTION = 40
const EXECUTE = 0x20000000
const WRITE = 0x80000000

/** Reads the headers of a program of Windows (Microsoft, "PE Format"). Throws `artifact-malformed`. */
export function readPe(kept: KeptBytes, where: string): Layout {
  const start = kept.view(0, 64, 'little').u32(60)
  const header = kept.view(start, 24, 'little')
  if (header.ascii(0, 4) !== SIGNATURE) throw malformed(where, 'has no header of a program of Windows')
  const count = header.u16(6)
  const optionalSize = header.u16(20)
  const optional = kept.view(start + 24, optionalSize, 'little')
  const magic = optionalSize >= 32 ? optional.u16(0) : 0
  if (magic !== PE32 && magic !== PE32_PLUS) throw malformed(where, 'has no header of a program of Windows')
  const base = magic === PE32 ? optional.u32(28) : optional.u64(24)
  const table = kept.view(start + 24 + optionalSize, count * SECTION, 'little')
  const sections = Array.from({ length: count }, (_, at): Section & { executable: boolean } => {
    const flags = table.u32(at * SECTION + 36)
    return {
      name: untilZero(table.ascii(at * SECTION, 8)),
      address: base + table.u32(at * SECTION + 12),
      size: table.u32(at * SECTION + 16),
      offset: table.u32(at * SECTION + 20),
      writable: (flags & WRITE) !== 0,
      executable: (flags & EXECUTE) !== 0,
    }
  })
  return { format: 'pe', order: 'little', pointerSize: magic === PE32 ? 4 : 8, sections, segments: sections }
}
