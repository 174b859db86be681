import { concatBytes } from '../../kernel/bytes.ts'

/** Executables with nothing in them but the named sections, each mapped where its address says. Used by tests alone. */
export type FixtureSection = { readonly name: string; readonly content: Uint8Array; readonly address?: number; readonly writable?: boolean }

type Order = 'little' | 'big'

/** Writes numbers of 2, 4 or 8 bytes at their places. */
function writer(bytes: Buffer, order: Order): (at: number, size: 2 | 4 | 8, value: number) => void {
  return (at, size, value) => {
    // Values fit into 32 bits; of a 64-bit number the other half stays zero.
    const width = Math.min(size, 4)
    if (order === 'little') bytes.writeUIntLE(value, at, width)
    else bytes.writeUIntBE(value, at + size - width, width)
  }
}

/** `stripped` leaves the table of sections out, as some linkers do. */
export function elfBytes(
  sections: readonly FixtureSection[],
  options: { readonly order?: Order; readonly wide?: boolean; readonly stripped?: boolean; readonly padding?: number } = {},
): Uint8Array {
  const { order = 'little', wide = true, stripped = false, padding = 0 } = options
  const word = wide ? 8 : 4
  const headerSize = wide ? 64 : 52
  const programSize = wide ? 56 : 32
  const sectionSize = wide ? 64 : 40
  const names = `\0${[...sections.map(({ name }) => name), '.shstrtab'].join('\0')}\0`
  let end = headerSize + programSize * sections.length
  const placed = sections.map((section) => {
    const offset = Math.ceil(end / 16) * 16
    end = offset + section.content.byteLength
    return { ...section, offset }
  })
  const namesAt = end + padding
  const tableAt = Math.ceil((namesAt + names.length) / 8) * 8
  const bytes = Buffer.alloc(stripped ? end + padding : tableAt + sectionSize * (sections.length + 2))
  const put = writer(bytes, order)
  bytes.set([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, order === 'little' ? 1 : 2, 1])
  put(16, 2, 2)
  put(wide ? 32 : 28, word, headerSize)
  put(wide ? 40 : 32, word, stripped ? 0 : tableAt)
  put(wide ? 54 : 42, 2, programSize)
  put(wide ? 56 : 44, 2, sections.length)
  put(wide ? 58 : 46, 2, sectionSize)
  put(wide ? 60 : 48, 2, stripped ? 0 : sections.length + 2)
  put(wide ? 62 : 50, 2, stripped ? 0 : sections.length + 1)
  for (const [index, { content, offset, address = 0, writable = false }] of placed.entries()) {
    const at = headerSize + index * programSize
    put(at, 4, 1)
    put(at + (wide ? 4 : 24), 4, writable ? 6 : 4)
    put(at + (wide ? 8 : 4), word, offset)
    put(at + (wide ? 16 : 8), word, address)
    put(at + (wide ? 32 : 16), word, content.byteLength)
    bytes.set(content, offset)
  }
  if (stripped) return bytes
  bytes.write(names, namesAt, 'latin1')
  const all = [...placed, { name: '.shstrtab', content: Buffer.from(names), offset: namesAt, address: 0, writable: false }]
  for (const [index, { name, content, offset, address = 0, writable = false }] of all.entries()) {
    const at = tableAt + (index + 1) * sectionSize
    put(at, 4, names.indexOf(`\0${name}\0`) + 1)
    put(at + 4, 4, 1)
    put(at + 8, word, writable ? 3 : 2)
    put(at + (wide ? 16 : 12), word, address)
    put(at + (wide ? 24 : 16), word, offset)
    put(at + (wide ? 32 : 20), word, content.byteLength)
  }
  return bytes
}

export function peBytes(sections: readonly FixtureSection[], options: { readonly wide?: boolean } = {}): Uint8Array {
  const wide = options.wide ?? true
  const optionalSize = wide ? 112 : 96
  const start = 128
  let end = Math.ceil((start + 24 + optionalSize + sections.length * 40) / 512) * 512
  const bytes = Buffer.alloc(end)
  const put = writer(bytes, 'little')
  bytes.write('MZ', 0)
  put(60, 4, start)
  bytes.write('PE\0\0', start)
  put(start + 6, 2, sections.length)
  put(start + 20, 2, optionalSize)
  put(start + 24, 2, wide ? 0x20b : 0x10b)
  if (wide) put(start + 48, 8, IMAGE_BASE)
  else put(start + 52, 4, IMAGE_BASE)
  const parts: Uint8Array[] = [bytes]
  for (const [index, { name, content, address = 0, writable = false }] of sections.entries()) {
    const at = start + 24 + optionalSize + index * 40
    bytes.write(name, at, 8, 'latin1')
    put(at + 8, 4, content.byteLength)
    put(at + 12, 4, Math.max(0, address - IMAGE_BASE))
    put(at + 16, 4, content.byteLength)
    put(at + 20, 4, end)
    put(at + 36, 4, writable ? 0xc0000040 : 0x40000040)
    const padded = Buffer.alloc(Math.ceil(content.byteLength / 16) * 16)
    padded.set(content)
    parts.push(padded)
    end += padded.byteLength
  }
  return concatBytes(parts)
}

export const IMAGE_BASE = 0x400000

/** `base` is where the part begins in a universal binary; its offsets are counted from there. */
export function machOBytes(
  sections: readonly FixtureSection[],
  options: { readonly order?: Order; readonly wide?: boolean } = {},
): Uint8Array {
  const { order = 'little', wide = true } = options
  const word = wide ? 8 : 4
  const headerSize = wide ? 32 : 28
  const commandSize = (wide ? 72 : 56) + (wide ? 80 : 68)
  let end = Math.ceil((headerSize + sections.length * commandSize) / 16) * 16
  const bytes = Buffer.alloc(end)
  const put = writer(bytes, order)
  put(0, 4, wide ? 0xfeedfacf : 0xfeedface)
  put(16, 4, sections.length)
  put(20, 4, sections.length * commandSize)
  const parts: Uint8Array[] = [bytes]
  for (const [index, { name, content, address = 0, writable = false }] of sections.entries()) {
    const at = headerSize + index * commandSize
    put(at, 4, wide ? 0x19 : 1)
    put(at + 4, 4, commandSize)
    bytes.write('__DATA', at + 8, 'latin1')
    put(at + 24, word, address)
    put(at + (wide ? 40 : 32), word, end)
    put(at + (wide ? 48 : 36), word, content.byteLength)
    put(at + (wide ? 60 : 44), 4, writable ? 3 : 1)
    put(at + (wide ? 64 : 48), 4, 1)
    const section = at + (wide ? 72 : 56)
    bytes.write(name, section, 16, 'latin1')
    bytes.write('__DATA', section + 16, 'latin1')
    put(section + 32, word, address)
    put(section + (wide ? 40 : 36), word, content.byteLength)
    put(section + (wide ? 48 : 40), 4, end)
    const padded = Buffer.alloc(Math.ceil(content.byteLength / 16) * 16)
    padded.set(content)
    parts.push(padded)
    end += padded.byteLength
  }
  return concatBytes(parts)
}

export function universalBytes(parts: readonly Uint8Array[]): Uint8Array {
  const header = Buffer.alloc(4096)
  header.writeUInt32BE(0xcafebabe, 0)
  header.writeUInt32BE(parts.length, 4)
  let end = header.byteLength
  const padded = parts.map((part, index) => {
    header.writeUInt32BE(end, 8 + index * 20 + 8)
    header.writeUInt32BE(part.byteLength, 8 + index * 20 + 12)
    const bytes = Buffer.alloc(Math.ceil(part.byteLength / 4096) * 4096)
    bytes.set(part)
    end += bytes.byteLength
    return bytes
  })
  return concatBytes([header, ...padded])
}
