import { malformed } from '../byte-view.ts'
import type { ByteOrder, ByteView } from '../byte-view.ts'
import type { KeptBytes } from './kept-bytes.ts'
import { MAX_SECTIONS, untilZero } from './layout.ts'
import type { Layout, Section, Segment } from './layout.ts'

const MAGICS: readonly { readonly order: ByteOrder; readonly wide: boolean; readonly magic: number }[] = [
  { order: 'little', wide: true, magic: 0xfeedfacf },
  { order: 'little', wide: false, magic: 0xfeedface },
  { order: 'big', wide: true, magic: 0xfeedfacf },
  { order: 'big', wide: false, magic: 0xfeedface },
]
const UNIVERSAL = 0xcafebabe
/** A Java class begins with the same bytes, and then has its version, which is higher. */
const MAX_PARTS = 30
const SEGMENT_32 = 1
const SEGMENT_64 = 0x19
const WRITE = 2
const EXECUTE = 4
const MAX_COMMANDS = 10_000

/**
 * Reads the headers of a program of macOS (Apple, mach-o/loader.h and fat.h): one layout, or one for each architecture of a universal
 * binary. Throws `artifact-malformed`.
 */
export function readMachO(kept: KeptBytes, where: string): Layout[] {
  const start = kept.view(0, 8, 'big')
  if (start.u32(0) !== UNIVERSAL) return [readPart(kept, 0, where)]
  const count = start.u32(4)
  if (count > MAX_PARTS) throw malformed(where, 'is no program of macOS')
  const table = kept.view(8, count * 20, 'big')
  return Array.from({ length: count }, (_, at) => table.u32(at * 20 + 8))
    .filter((offset) => kept.has(offset, 32))
    .map((offset) => readPart(kept, offset, where))
}

/** Offsets of a part are counted from its own start. */
function readPart(kept: KeptBytes, base: number, where: string): Layout {
  const first = kept.view(base, 4, 'little')
  const found = MAGICS.find(({ order, magic }) => kept.view(base, 4, order).u32(0) === magic)
  if (found === undefined) throw malformed(where, `begins with ${first.u32(0).toString(16)}, which is no program of macOS`)
  const { order, wide } = found
  const header = kept.view(base, wide ? 32 : 28, order)
  const count = header.u32(16)
  if (count > MAX_COMMANDS) throw malformed(where, 'has more load commands than any program')
  const commands = kept.view(base + (wide ? 32 : 28), header.u32(20), order)
  const sections: Section[] = []
  const segments: Segment[] = []
  for (let at = 0, left = count; left > 0; left -= 1) {
    const size = commands.u32(at + 4)
    if (size < 8) throw malformed(where, 'has a load command without a size')
    if (commands.u32(at) === (wide ? SEGMENT_64 : SEGMENT_32)) readSegment(commands, at, { base, wide, sections, segments, where })
    at += size
  }
  return { format: 'mach-o', order, pointerSize: wide ? 8 : 4, sections, segments }
}

type Target = {
  readonly base: number
  readonly wide: boolean
  readonly sections: Section[]
  readonly segments: Segment[]
  readonly where: string
}

function readSegment(commands: ByteView, at: number, { base, wide, sections, segments, where }: Target): void {
  const word = (offset: number): number => (wide ? commands.u64(offset) : commands.u32(offset))
  const protection = commands.u32(at + (wide ? 60 : 44))
  const writable = (protection & WRITE) !== 0
  segments.push({
    address: word(at + 24),
    offset: base + word(at + (wide ? 40 : 32)),
    size: word(at + (wide ? 48 : 36)),
    writable,
    executable: (protection & EXECUTE) !== 0,
  })
  const count = commands.u32(at + (wide ? 64 : 48))
  if (sections.length + count > MAX_SECTIONS) throw malformed(where, 'has more sections than any program')
  for (let section = at + (wide ? 72 : 56), left = count; left > 0; left -= 1) {
    sections.push({
      name: untilZero(commands.ascii(section, 16)),
      address: word(section + 32),
      size: word(section + (wide ? 40 : 36)),
      offset: base + commands.u32(section + (wide ? 48 : 40)),
      writable,
    })
    section += wide ? 80 : 68
  }
}
