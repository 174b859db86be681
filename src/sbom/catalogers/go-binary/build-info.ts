import type { ByteView } from '../../byte-view.ts'
import type { Executable } from '../../executable/read-executable.ts'
import { placeOf } from '../../executable/layout.ts'
import type { Layout } from '../../executable/layout.ts'

/** What a Go program says of how it was built: the toolchain, and the text of its modules (empty when it has none). */
export type GoBuildInfo = { readonly toolchain: string; readonly modules: string }

const MAGIC = Buffer.from('\xff Go buildinf:', 'latin1')
const ALIGNMENT = 16
const HEADER = 32
const INLINE = 2
const BIG_ENDIAN = 1
/** The text of modules stands between two marks of so many bytes. */
const MARK = 16
const MAX_TOOLCHAIN = 256
const MAX_MODULES = 16 * 1024 * 1024
/** How far the facts are looked for in a part that is not theirs alone. */
const SEARCH = 1024 * 1024

/**
 * The build information of a Go program, wherever its linker put it (Go, debug/buildinfo): the section named for it, or the start of
 * the data. Both forms are read: texts inline (since 1.18), and pointers to them. Undefined for a program that is not Go's;
 * `unreadable` when it is, and what it says was not kept or leads nowhere.
 */
export function readBuildInfo({ layouts, kept }: Executable): GoBuildInfo | 'unreadable' | undefined {
  for (const layout of layouts) {
    for (const { offset, size } of partsOf(layout)) {
      const length = Math.min(size, SEARCH, kept.size - offset)
      if (length < HEADER || !kept.has(offset, length)) continue
      const part = kept.view(offset, length, layout.order)
      const at = findMagic(part)
      if (at !== undefined) return readAt({ layouts: [layout], kept }, layout, offset + at) ?? 'unreadable'
    }
  }
  return undefined
}

function partsOf({ sections, segments }: Layout): readonly { readonly offset: number; readonly size: number }[] {
  const named = sections.filter(({ name }) => name === '.go.buildinfo' || name === '__go_buildinfo')
  return named.length > 0 ? named.slice(0, 4) : segments.filter(({ writable }) => writable).slice(0, 4)
}

function findMagic(part: ByteView): number | undefined {
  const bytes = Buffer.from(part.bytes.buffer, part.bytes.byteOffset, part.size)
  for (let at = bytes.indexOf(MAGIC); at !== -1; at = bytes.indexOf(MAGIC, at + 1)) {
    if (at % ALIGNMENT === 0 && at + HEADER <= part.size) return at
  }
  return undefined
}

function readAt(executable: Executable, layout: Layout, offset: number): GoBuildInfo | undefined {
  const { kept } = executable
  const header = kept.view(offset, HEADER, layout.order)
  const pointerSize = header.u8(14)
  const flags = header.u8(15)
  if ((flags & INLINE) !== 0) {
    const toolchain = readInline(executable, offset + HEADER, MAX_TOOLCHAIN)
    const modules = toolchain === undefined ? undefined : readInline(executable, toolchain.end, MAX_MODULES)
    return toolchain === undefined || modules === undefined ? undefined : infoOf(toolchain.bytes, modules.bytes)
  }
  if (pointerSize !== 4 && pointerSize !== 8) return undefined
  const order = (flags & BIG_ENDIAN) === 0 ? 'little' : 'big'
  const pointers = kept.view(offset + 16, 16, order)
  const read = (at: number, most: number): Uint8Array | undefined => {
    const text = placeOf(layout, pointerSize === 8 ? pointers.u64(at) : pointers.u32(at))
    if (text === undefined || !kept.has(text.offset, pointerSize * 2)) return undefined
    const header = kept.view(text.offset, pointerSize * 2, order)
    const word = (from: number): number => (pointerSize === 8 ? header.u64(from) : header.u32(from))
    const size = word(pointerSize)
    const place = placeOf(layout, word(0))
    if (size === 0) return new Uint8Array(0)
    return place === undefined || size > most || size > place.left || !kept.has(place.offset, size)
      ? undefined
      : kept.view(place.offset, size, order).bytes
  }
  const toolchain = read(0, MAX_TOOLCHAIN)
  const modules = read(pointerSize, MAX_MODULES)
  return toolchain === undefined || modules === undefined ? undefined : infoOf(toolchain, modules)
}

/** A length of seven bits a byte, and so many bytes. */
function readInline({ kept }: Executable, offset: number, most: number): { bytes: Uint8Array; end: number } | undefined {
  let size = 0
  for (let at = 0; at < 5; at += 1) {
    if (!kept.has(offset + at, 1)) return undefined
    const byte = kept.view(offset + at, 1, 'little').u8(0)
    size += (byte & 0x7f) * 2 ** (7 * at)
    if (byte >= 0x80) continue
    const start = offset + at + 1
    if (size > most || !kept.has(start, size)) return undefined
    return { bytes: kept.view(start, size, 'little').bytes, end: start + size }
  }
  return undefined
}

function infoOf(toolchain: Uint8Array, modules: Uint8Array): GoBuildInfo {
  const marked = modules.byteLength > 2 * MARK && modules.at(-MARK - 1) === 0x0a
  const text = new TextDecoder().decode(marked ? modules.subarray(MARK, -MARK) : new Uint8Array(0))
  return { toolchain: new TextDecoder().decode(toolchain), modules: text }
}
